"""Presets of the autoencoders of latent diffusion."""

from dataclasses import dataclass
from typing import Any, ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


@dataclass(frozen=True, kw_only=True)
class AutoencoderPreset(base.Preset):
    """A preset of an autoencoder.

    Attributes:
        adversarial_weight: float, or `keras_gans.losses.ChangingWeight`. Of the adversarial loss, before the
            adaptive factor.
        perceptual: str. What compares images: "efficientnet-lite0", "pixels" or "saved-model:PATH"; "auto"
            means the first where its weights are installed, else the second.
    """

    trainer_class: ClassVar[type[training.Trainer]] = training.AutoencoderTrainer
    trainer_fields: ClassVar[tuple[str, ...]] = ("adversarial_weight", "perceptual")

    adversarial_weight: float | losses.ChangingWeight
    perceptual: str = "auto"

    def check_resolution(self) -> None:
        """Raises ValueError if the network cannot halve it once for each level but the first."""
        base.check_halving(self.resolution, self.networks["autoencoder"]["config"]["channel_multipliers"])

    def replace(self, **changes: Any) -> "AutoencoderPreset":
        """As of every preset. Another number of `images` also moves the start of the discriminator."""
        images, weight = changes.get("images"), changes.get("adversarial_weight", self.adversarial_weight)
        if isinstance(images, int) and self.images and isinstance(weight, losses.ChangingWeight):
            changes["adversarial_weight"] = weight.scaled(images / self.images)
        return super().replace(**changes)


def autoencoder(
    name,
    *,
    kind,
    network,
    discriminator,
    terms,
    adversarial_weight,
    start,
    batch_size,
    learning_rate,
    steps,
    **more,
):
    """L1 and a perceptual distance, a hinge discriminator of patches (section 3.1, appendix G).

    `start` is the step with which the discriminator begins.
    """
    adam = Adam(beta_1=0.5, beta_2=0.9)
    return AutoencoderPreset(
        **base.origin("autoencoder", "autoencoder of latent diffusion", "2112.10752"),
        **base.one_resolution(name, batch_size=batch_size, learning_rate=learning_rate, steps=steps),
        networks={
            "autoencoder": base.configured(kind, **network),
            "discriminator": base.configured("PatchGANDiscriminator", **discriminator),
        },
        adversarial_loss=losses.ScaledLoss(losses.Hinge(), discriminator_weight=0.5),
        adversarial_weight=losses.StepWeight(weight=adversarial_weight, start=start * batch_size),
        generator_terms=(
            losses.TargetReconstruction(weight=1.0),
            losses.PerceptualDistance(weight=1.0),
            *terms,
        ),
        optimizers=base.players(adam, adam),
        **more,
    )


KL = (losses.PosteriorDivergence(weight=1e-6),)
VQ = (losses.Codebook(weight=1.0), losses.Commitment(weight=0.25), losses.CodeRevival(weight=1.0))


def _published(name, **more):
    """Published autoencoders of 256 px; the rate is 4.5e-6 for each image of a batch."""
    return autoencoder(
        name,
        discriminator={"num_layers": 3, "width": 64},
        start=50_001,
        batch_size=8,
        learning_rate=8 * 4.5e-6,
        steps=250_000,
        average=base.NO_AVERAGE,
        section="section 3.1, table 8",
        source="Batch size and length are this project's: they depend on the memory of the GPUs there. Dead "
        "codes are revived, which the paper does not do",
        **more,
    )


FOLDER = base.Data(spec=None, hint="a folder of images at 256 px, which `keras-gans prepare` makes")
VQ_F4 = {"width": 128, "channel_multipliers": [1, 2, 4], "latent_channels": 3, "num_codes": 8192}

PRESETS = (
    autoencoder(
        "autoencoder_emoji_64",
        kind="KLAutoencoder",
        network={
            "width": 16,
            "channel_multipliers": [1, 2, 4],
            "blocks_per_level": 1,
            "latent_channels": 4,
            "num_groups": 8,
        },
        discriminator={"num_layers": 2, "width": 32, "batch_norm": False, "affine": True},
        terms=KL,
        adversarial_weight=0.05,  # the paper's 0.5 makes reconstructions of so short a run worse
        start=1_250,
        batch_size=16,
        learning_rate=8e-4,
        steps=2_250,
        **base.embedded(flip=False),
        precision="mixed_bfloat16",
        parameters={"autoencoder": 681_911, "discriminator": 167_841},
    ),
    _published(
        "autoencoder_vq_celebahq_256",
        kind="VQAutoencoder",
        network=VQ_F4,
        terms=VQ,
        adversarial_weight=0.75,
        data=base.Data(spec=None, hint="a folder of CelebA-HQ images at 256 px"),
        parameters={"autoencoder": 55_322_782, "discriminator": 2_765_633},
    ),
    _published(
        "autoencoder_kl_openimages_256",
        kind="KLAutoencoder",
        network={"width": 128, "channel_multipliers": [1, 2, 4, 4], "latent_channels": 4},
        terms=KL,
        adversarial_weight=0.5,
        data=FOLDER,
        parameters={"autoencoder": 83_653_863, "discriminator": 2_765_633},
    ),
)
