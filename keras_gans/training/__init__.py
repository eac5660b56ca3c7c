"""Training: one adversarial loop, small trainers on top of it, and what keeps a run alive."""

from keras_gans.training.adversarial import AdversarialTrainer, NonFiniteError
from keras_gans.training.ema import ExponentialMovingAverage
from keras_gans.training.growth import GrowthSchedule, Phase, ProgressiveGAN
from keras_gans.training.latent_gan import LatentGAN
from keras_gans.training.resume import RunLock, RunState

__all__ = [
    "AdversarialTrainer",
    "ExponentialMovingAverage",
    "GrowthSchedule",
    "LatentGAN",
    "NonFiniteError",
    "Phase",
    "ProgressiveGAN",
    "RunLock",
    "RunState",
]
