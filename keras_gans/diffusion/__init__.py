"""Diffusion models without their networks: schedules, the process, samplers and guidance."""

from keras_gans.diffusion.ddim_generator import DiffusionGenerator
from keras_gans.diffusion.editing import inpaint, vary
from keras_gans.diffusion.flow import (
    FlowProcess,
    HeunSampler,
    LogitNormal,
    MidpointSampler,
)
from keras_gans.diffusion.guidance import classifier_free
from keras_gans.diffusion.latent_generator import LatentDiffusionGenerator
from keras_gans.diffusion.process import (
    X0,
    DiffusionProcess,
    Epsilon,
    FixedLarge,
    FixedSmall,
    Learned,
    NoiseProcess,
    Prediction,
    V,
    Variance,
    Velocity,
)
from keras_gans.diffusion.samplers import (
    AncestralSampler,
    DDIMSampler,
    DiffusersSpacing,
    DPMSolverSampler,
    EvenLogSNR,
    PathSampler,
    Sampler,
    leading,
    linspace,
    quadratic,
    trailing,
)
from keras_gans.diffusion.schedules import (
    CosineSchedule,
    LinearSchedule,
    ListedSchedule,
    NoiseSchedule,
    ScaledLinearSchedule,
    SigmoidSchedule,
)

__all__ = [
    "X0",
    "AncestralSampler",
    "CosineSchedule",
    "DDIMSampler",
    "DPMSolverSampler",
    "DiffusersSpacing",
    "DiffusionGenerator",
    "DiffusionProcess",
    "Epsilon",
    "EvenLogSNR",
    "FixedLarge",
    "FixedSmall",
    "FlowProcess",
    "HeunSampler",
    "LatentDiffusionGenerator",
    "Learned",
    "LinearSchedule",
    "ListedSchedule",
    "LogitNormal",
    "MidpointSampler",
    "NoiseProcess",
    "NoiseSchedule",
    "PathSampler",
    "Prediction",
    "Sampler",
    "ScaledLinearSchedule",
    "SigmoidSchedule",
    "V",
    "Variance",
    "Velocity",
    "classifier_free",
    "inpaint",
    "leading",
    "linspace",
    "quadratic",
    "trailing",
    "vary",
]
