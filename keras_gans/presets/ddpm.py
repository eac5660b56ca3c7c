"""Presets of denoising diffusion models."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from keras_gans import diffusion, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import ClippedAdam, WarmUp
from keras_gans.presets.typed import conform

Objective = Literal["diffusion", "flow"]


@dataclass(frozen=True, kw_only=True)
class DiffusionPreset(base.Preset):
    """A preset of a diffusion model. It has no adversarial loss and no terms.

    `replace(objective="flow")` is short for what flow matching changes: the process, with logit-normal times
    and as many timesteps; the plain squared error; paper and scores. "diffusion" changes nothing.

    Attributes:
        process: `keras_gans.diffusion.NoiseProcess`.
        sampling_steps: int. Steps of DDIM when it generates images.
        label_dropout: float in `[0, 1)`. Share of the images whose label is withheld where there are classes.
        min_snr_gamma: float. Cuts the weight of easy timesteps; `None` means the plain squared error.
    """

    shorthands: ClassVar[tuple[str, ...]] = ("objective",)
    trainer_class: ClassVar[type[training.Trainer]] = training.DiffusionTrainer

    process: diffusion.NoiseProcess
    sampling_steps: int = 50
    label_dropout: float = 0.1
    min_snr_gamma: float | None = None

    def replace(
        self: base.AnyPreset, *, objective: Objective | None = None, **changes: Any
    ) -> base.AnyPreset:
        """Returns a copy with other values in some fields, or trained for another `objective`.

        Raises:
            ValueError: as `Preset.replace`; or diffusion is asked of a preset of flow matching, which has no
            noise schedule.
        """
        if objective is None:
            return super().replace(**changes)
        wanted = conform(objective, Objective, f"`objective` of {self.name}")
        if wanted == self.objective:
            return super().replace(**changes)
        if wanted == "diffusion":
            raise ValueError(
                f"{self.name} is a preset of flow matching and names no noise schedule: replace its `process`"
            )
        process = diffusion.FlowProcess(
            self.process.timesteps, times=diffusion.LogitNormal(), clip=self.process.clip
        )
        flow = {
            **base.origin(self.model, f"{self.title}, by flow matching", "2210.02747"),
            "section": "",
            "scores": (),
            "process": process,
            "min_snr_gamma": None,
        }
        return super().replace(**{**flow, **changes})

    @property
    def objective(self) -> Objective:
        """What is learnt: "flow" where the process is a `FlowProcess`, else "diffusion"."""
        return "flow" if isinstance(self.process, diffusion.FlowProcess) else "diffusion"

    def check_resolution(self) -> None:
        """Raises ValueError if the network cannot halve it once for each level but the first."""
        multipliers = self.networks["denoiser"]["config"]["channel_multipliers"]
        base.check_halving(self.resolution, multipliers, square=False)

    def shape(self, num_classes: int) -> dict[str, Any]:
        """Returns what all networks take, and whether this one learns the variance."""
        learned = self.process.outputs > 1
        return {**super().shape(num_classes), "learned_variance": learned}

    def options(self, num_classes: int) -> dict[str, Any]:
        """Returns the arguments of the trainer besides its networks, `average` and `seed`."""
        return {
            "process": self.process,
            "sampling_steps": self.sampling_steps,
            "label_dropout": self.label_dropout if num_classes else 0.0,
            "min_snr_gamma": self.min_snr_gamma,
        }


def _ddpm(
    *,
    noise,
    network,
    warm_up=5_000,
    prediction=None,
    variance=None,
    paper="2006.11239",
    average=None,
    **more,
):
    """Adam with warm-up and clipping, and the average (2006.11239, appendix B and its released code)."""
    process = {"prediction": prediction, "variance": variance}
    return DiffusionPreset(
        **base.origin("ddpm", "DDPM", paper),
        networks={"denoiser": base.configured("UNet", **network)},
        process=diffusion.DiffusionProcess(
            noise, **{part: value for part, value in process.items() if value is not None}
        ),
        optimizers={"denoiser": ClippedAdam(rate=WarmUp(updates=warm_up))},
        average=average or training.ExponentialMovingAverage(decay=0.9999, ramp_up=0.1),
        **more,
    )


def _ho(name, *, batch_size, learning_rate, steps, channel_multipliers, dropout, **more):
    """The networks and the process of the first paper (appendix B)."""
    return _ddpm(
        **base.one_resolution(name, batch_size=batch_size, learning_rate=learning_rate, steps=steps),
        noise=diffusion.LinearSchedule(timesteps=1000),
        variance=diffusion.FixedLarge(),
        network={
            "width": 128,
            "channel_multipliers": channel_multipliers,
            "blocks_per_level": 2,
            "attention_resolutions": [16],
            "dropout": dropout,
        },
        section="appendix B",
        **more,
    )


# What this project's own presets train with.
SMALL = {"prediction": diffusion.V(), "min_snr_gamma": 5.0, "warm_up": 300}


def small_network(width, channel_multipliers, *, attention, **more):
    """The arguments of a U-Net with one block a level and no dropout."""
    return {
        "width": width,
        "channel_multipliers": channel_multipliers,
        "blocks_per_level": 1,
        "attention_resolutions": [attention],
        "dropout": 0.0,
        **more,
    }


PRESETS = (
    _ddpm(
        **base.one_resolution("ddpm_emoji_32", batch_size=32, learning_rate=6e-4, steps=10_000),
        noise=diffusion.CosineSchedule(timesteps=1000),
        network=small_network(32, [1, 2, 2, 2], attention=8),
        sampling_steps=20,
        **SMALL,
        **base.embedded(flip=False),
        precision="mixed_bfloat16",
        parameters={"denoiser": 1_525_411},
    ),
    _ddpm(
        **base.one_resolution("ddpm_fashion_mnist_28", batch_size=64, learning_rate=6e-4, steps=1_500),
        noise=diffusion.CosineSchedule(timesteps=4000),
        network=small_network(32, [1, 2, 3], attention=7, num_groups=8),
        sampling_steps=50,
        **SMALL,
        average=training.ExponentialMovingAverage(half_life=50_000, ramp_up=0.05),
        data=base.Data(
            spec=None,
            hint="tfds:fashion_mnist, or a folder with its four files, which the Debian package "
            "dataset-fashion-mnist puts into /usr/share/datasets/fashion-mnist",
            channels="grey",
            conditional=True,
            flip=False,
        ),
        source=base.OWN,
        precision="mixed_bfloat16",
        num_classes=10,
        parameters={"denoiser": 1_806_401},
    ),
    _ho(
        "ddpm_cifar10_32",
        batch_size=128,
        learning_rate=2e-4,
        steps=800_000,
        channel_multipliers=[1, 2, 2, 2],
        dropout=0.1,
        data=base.Data(spec="tfds:cifar10"),
        parameters={"denoiser": 35_746_307},
        scores=(base.Score(metric="FID", value=3.17, note="1000 steps"),),
    ),
    _ddpm(
        **base.one_resolution("ddpm_cosine_cifar10_32", batch_size=128, learning_rate=1e-4, steps=500_000),
        paper="2102.09672",
        noise=diffusion.CosineSchedule(timesteps=4000),
        variance=diffusion.Learned(),
        network={
            "width": 128,
            "channel_multipliers": [1, 2, 2, 2],
            "blocks_per_level": 3,
            "attention_resolutions": [16, 8],
            "head_dim": 64,
            "dropout": 0.3,
            "scale_shift": True,
            "norm_epsilon": 1e-5,
            "freq_shift": 0,
            "flip_sin_to_cos": True,
            "downsample_padding": 1,
        },
        warm_up=1,
        data=base.Data(spec="tfds:cifar10"),
        section="section 3, hybrid loss",
        parameters={"denoiser": 52_546_438},
        scores=(base.Score(metric="FID", value=2.90, note="the best"),),
    ),
    _ho(
        "ddpm_celebahq_256",
        batch_size=64,
        learning_rate=2e-5,
        steps=500_000,
        channel_multipliers=[1, 1, 2, 2, 4, 4],
        dropout=0.0,
        data=base.Data(spec=None, hint="a folder of CelebA-HQ images at 256 px"),
        parameters={"denoiser": 113_673_219},
    ),
)
