"""Judging generators: features, statistics, and the numbers that papers compare."""

from keras_gans.metrics.cache import Cache
from keras_gans.metrics.collection import Images
from keras_gans.metrics.domain_accuracy import DomainAccuracy, domain_accuracy
from keras_gans.metrics.evaluate import evaluate, open_model
from keras_gans.metrics.features import (
    FeatureExtractor,
    efficientnet_lite0,
    from_keras,
    get_extractor,
    inception_2015,
    pixels,
    random_projection,
    saved_model_extractor,
)
from keras_gans.metrics.fid import frechet_distance, is_rank_deficient
from keras_gans.metrics.inception_score import inception_score
from keras_gans.metrics.kid import kid, kid_one_block
from keras_gans.metrics.paired import compare_pairs
from keras_gans.metrics.perceptual import perceptual_distance
from keras_gans.metrics.ppl import path_distances, perceptual_path_length
from keras_gans.metrics.precision_recall import density_coverage, precision_recall
from keras_gans.metrics.protocols import Protocol, parse_metric, parse_metrics
from keras_gans.metrics.scores import LatentSpace, MetricsFailed, Score, check_metric, compute_scores
from keras_gans.metrics.sliced_wasserstein import sliced_wasserstein
from keras_gans.metrics.ssim import ms_ssim, ssim
from keras_gans.metrics.statistics import FeatureStatistics

__all__ = [
    "Cache",
    "DomainAccuracy",
    "FeatureExtractor",
    "FeatureStatistics",
    "Images",
    "LatentSpace",
    "MetricsFailed",
    "Protocol",
    "Score",
    "check_metric",
    "compare_pairs",
    "compute_scores",
    "density_coverage",
    "domain_accuracy",
    "efficientnet_lite0",
    "evaluate",
    "frechet_distance",
    "from_keras",
    "get_extractor",
    "inception_2015",
    "inception_score",
    "is_rank_deficient",
    "kid",
    "kid_one_block",
    "ms_ssim",
    "open_model",
    "parse_metric",
    "parse_metrics",
    "path_distances",
    "perceptual_distance",
    "perceptual_path_length",
    "pixels",
    "precision_recall",
    "random_projection",
    "saved_model_extractor",
    "sliced_wasserstein",
    "ssim",
]
