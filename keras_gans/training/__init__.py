"""Training: one adversarial loop, small trainers on top of it, and what keeps a run alive."""

from keras_gans.training.adversarial import AdversarialTrainer
from keras_gans.training.diffusion import DiffusionTrainer
from keras_gans.training.ema import ExponentialMovingAverage
from keras_gans.training.evaluation import MetricMonitor
from keras_gans.training.growth import GrowthSchedule, ProgressiveGAN
from keras_gans.training.latent_gan import LatentGAN
from keras_gans.training.optimizers import GuardedAdam
from keras_gans.training.resume import RunLock, RunState
from keras_gans.training.schedule import ConstantSchedule, Phase, Schedule
from keras_gans.training.trainer import NonFiniteError, Trainer

__all__ = [
    "AdversarialTrainer",
    "ConstantSchedule",
    "DiffusionTrainer",
    "ExponentialMovingAverage",
    "GrowthSchedule",
    "GuardedAdam",
    "LatentGAN",
    "MetricMonitor",
    "NonFiniteError",
    "Phase",
    "ProgressiveGAN",
    "RunLock",
    "RunState",
    "Schedule",
    "Trainer",
]
