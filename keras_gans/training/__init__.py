"""Training: one adversarial loop, small trainers on top of it, and what keeps a run alive."""

from keras_gans.training.adversarial import AdversarialTrainer
from keras_gans.training.autoencoder import AutoencoderTrainer
from keras_gans.training.callbacks import NonFiniteError
from keras_gans.training.cyclegan import CycleGAN
from keras_gans.training.diffusion import DiffusionTrainer
from keras_gans.training.directions import DirectionTrainer
from keras_gans.training.ema import ExponentialMovingAverage
from keras_gans.training.fused_adam import FusedAdam
from keras_gans.training.grouped_adam import GroupedAdam
from keras_gans.training.growth import GrowthPlan, ProgressiveGAN
from keras_gans.training.image_pool import ImagePool
from keras_gans.training.latent_diffusion import LatentDiffusionTrainer
from keras_gans.training.latent_gan import LatentGAN
from keras_gans.training.learning_rates import LinearDecay
from keras_gans.training.metric_monitor import MetricMonitor
from keras_gans.training.optimizers import GuardedAdam
from keras_gans.training.pix2pix import Pix2Pix
from keras_gans.training.plan import ConstantPlan, Phase, Plan
from keras_gans.training.resume import RunLock, RunState
from keras_gans.training.stargan import StarGAN
from keras_gans.training.stargan_v2 import StarGANv2Trainer
from keras_gans.training.styles import StyleGAN, StyleGAN2
from keras_gans.training.trainer import OneOptimizer, Player, Trainer
from keras_gans.training.translation import TranslationTrainer

__all__ = [
    "AdversarialTrainer",
    "AutoencoderTrainer",
    "ConstantPlan",
    "CycleGAN",
    "DiffusionTrainer",
    "DirectionTrainer",
    "ExponentialMovingAverage",
    "FusedAdam",
    "GroupedAdam",
    "GrowthPlan",
    "GuardedAdam",
    "ImagePool",
    "LatentDiffusionTrainer",
    "LatentGAN",
    "LinearDecay",
    "MetricMonitor",
    "NonFiniteError",
    "OneOptimizer",
    "Phase",
    "Pix2Pix",
    "Plan",
    "Player",
    "ProgressiveGAN",
    "RunLock",
    "RunState",
    "StarGAN",
    "StarGANv2Trainer",
    "StyleGAN",
    "StyleGAN2",
    "Trainer",
    "TranslationTrainer",
]
