"""Presets of latent diffusion."""

from dataclasses import dataclass
from typing import Any, ClassVar

from keras_gans import diffusion, training
from keras_gans.presets import autoencoder, base
from keras_gans.presets.ddpm import SMALL, DiffusionPreset, small_network
from keras_gans.presets.optimizers import ClippedAdam, WarmUp


@dataclass(frozen=True, kw_only=True)
class LatentDiffusionPreset(DiffusionPreset):
    """A preset of a diffusion model on latents. Its denoiser takes size and channels from the autoencoder.

    Attributes:
        first_stage: `AutoencoderPreset`. How the autoencoder is trained that comes first; its network is the
            "autoencoder" among `networks`.
    """

    trainer_class: ClassVar[type[training.Trainer]] = training.LatentDiffusionTrainer

    first_stage: autoencoder.AutoencoderPreset

    def check_resolution(self) -> None:
        """Raises ValueError if the autoencoder and then the denoiser cannot halve it that often."""
        levels = [
            self.networks[role]["config"]["channel_multipliers"] for role in ("autoencoder", "denoiser")
        ]
        base.check_halving(self.resolution, [*levels[0], *levels[1][1:]])

    def shape_of(self, role: str, num_classes: int) -> dict[str, Any]:
        """Returns what a network takes from the run: the denoiser what the latents have."""
        if role == "autoencoder":
            return super().shape_of(role, 0)
        config = self.networks["autoencoder"]["config"]
        size = self.resolution // 2 ** (len(config["channel_multipliers"]) - 1)
        latents = {"resolution": size, "channels": config["latent_channels"]}
        return {**super().shape_of(role, num_classes), **latents}


def _latent_diffusion(
    name,
    *,
    noise,
    network,
    first_stage,
    batch_size,
    learning_rate,
    steps,
    warm_up=1,
    prediction=None,
    **more,
):
    """The denoiser of a preset with an autoencoder of its own."""
    stages = {preset.name: preset for preset in autoencoder.PRESETS}
    first_stage = stages[first_stage]
    return LatentDiffusionPreset(
        **base.origin("latent_diffusion", "latent diffusion", "2112.10752"),
        **base.one_resolution(name, batch_size=batch_size, learning_rate=learning_rate, steps=steps),
        networks={
            "denoiser": base.configured("UNet", **network),
            "autoencoder": first_stage.networks["autoencoder"],
        },
        first_stage=first_stage,
        process=diffusion.DiffusionProcess(noise, prediction=prediction, clip=False),
        optimizers={"denoiser": ClippedAdam(rate=WarmUp(updates=warm_up))},
        **more,
    )


PRESETS = (
    _latent_diffusion(
        "latent_diffusion_emoji_64",
        noise=diffusion.CosineSchedule(timesteps=1000),
        network=small_network(48, [1, 2, 2], attention=8, num_groups=16),
        first_stage="autoencoder_emoji_64",
        batch_size=32,
        learning_rate=6e-4,
        steps=3_616,
        sampling_steps=20,
        **SMALL,
        **base.embedded(flip=False),
        precision="mixed_bfloat16",
        parameters={"denoiser": 2_500_468, "autoencoder": 681_911},
    ),
    _latent_diffusion(
        "latent_diffusion_celebahq_256",
        noise=diffusion.ScaledLinearSchedule(timesteps=1000, beta_start=0.0015, beta_end=0.0195),
        network={
            "width": 224,
            "channel_multipliers": [1, 2, 3, 4],
            "blocks_per_level": 2,
            "attention_resolutions": [32, 16, 8],
            "head_dim": 32,
            "dropout": 0.0,
            "norm_epsilon": 1e-5,
            "freq_shift": 0,
            "flip_sin_to_cos": True,
            "downsample_padding": 1,
        },
        first_stage="autoencoder_vq_celebahq_256",
        batch_size=48,
        learning_rate=9.6e-5,
        steps=410_000,
        average=training.ExponentialMovingAverage(decay=0.9999, ramp_up=0.1),
        sampling_steps=200,
        data=base.Data(spec=None, hint="a folder of CelebA-HQ images at 256 px"),
        section="section 4.1, table 12",
        source="Gradients are clipped to a norm of 1, which the paper does not do. Batch size and length are "
        "from memory of its table",
        parameters={"denoiser": 274_056_163, "autoencoder": 55_322_782},
        scores=(base.Score(metric="FID", value=5.11, note="500 steps of DDIM"),),
    ),
)
