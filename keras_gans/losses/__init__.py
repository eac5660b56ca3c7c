"""Adversarial losses and the terms that papers add to them."""

from keras_gans.losses.adversarial import (
    AdversarialLoss,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    RelativisticPairing,
    Wasserstein,
)
from keras_gans.losses.autoencoder import (
    AutoencoderView,
    Codebook,
    CodeRevival,
    Commitment,
    PerceptualDistance,
    PosteriorDivergence,
)
from keras_gans.losses.classification import FakeClassification, RealFakeClassification
from keras_gans.losses.domains import (
    DomainIdentity,
    DomainReconstruction,
    DomainView,
    RealDomainClassification,
    TargetDomainClassification,
    domain_cross_entropy,
)
from keras_gans.losses.path_length import PathLength, StyleView, path_gradient, path_lengths
from keras_gans.losses.penalties import R1, R2, Drift, GradientPenalty
from keras_gans.losses.reconstruction import (
    CycleConsistency,
    CycleView,
    IdentityMapping,
    PairView,
    TargetReconstruction,
    absolute_difference,
)
from keras_gans.losses.scaled import ScaledLoss
from keras_gans.losses.style_terms import (
    SourceConsistency,
    StyleDiversity,
    StyleGuidedView,
    StyleReconstruction,
)
from keras_gans.losses.term import Term
from keras_gans.losses.views import DiscriminatorView, GeneratorView
from keras_gans.losses.weights import ChangingWeight, LinearWeight, StepWeight

__all__ = [
    "R1",
    "R2",
    "AdversarialLoss",
    "AutoencoderView",
    "ChangingWeight",
    "CodeRevival",
    "Codebook",
    "Commitment",
    "CycleConsistency",
    "CycleView",
    "DiscriminatorView",
    "DomainIdentity",
    "DomainReconstruction",
    "DomainView",
    "Drift",
    "FakeClassification",
    "GeneratorView",
    "GradientPenalty",
    "Hinge",
    "IdentityMapping",
    "LeastSquares",
    "LinearWeight",
    "Minimax",
    "NonSaturating",
    "PairView",
    "PathLength",
    "PerceptualDistance",
    "PosteriorDivergence",
    "RealDomainClassification",
    "RealFakeClassification",
    "RelativisticPairing",
    "ScaledLoss",
    "SourceConsistency",
    "StepWeight",
    "StyleDiversity",
    "StyleGuidedView",
    "StyleReconstruction",
    "StyleView",
    "TargetDomainClassification",
    "TargetReconstruction",
    "Term",
    "Wasserstein",
    "absolute_difference",
    "domain_cross_entropy",
    "path_gradient",
    "path_lengths",
]
