"""Presets of StarGAN."""

from keras_gans.presets.base import adversarial, configured

_PAPER = "https://arxiv.org/abs/1711.09020"


def _stargan(resolution, *, width, num_blocks, num_layers, **more):
    """Losses and optimizer are the paper's (sections 3.2 and 5.3), but for `identity_weight`."""
    return adversarial(
        "stargan",
        resolution,
        paper=_PAPER,
        generator=configured("StarGANGenerator", width=width, num_blocks=num_blocks),
        discriminator=configured("StarGANDiscriminator", width=width, num_layers=num_layers),
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
        penalty_weight=10.0,
        classification_weight=1.0,
        reconstruction_weight=10.0,
        conditional=True,
        flip=True,
        **more,
    )


PRESETS = {
    "stargan_emoji_32": _stargan(
        32,
        width=24,
        num_blocks=3,
        num_layers=4,
        batch_size=8,
        learning_rate=4e-4,
        discriminator_steps=3,
        steps=5_000,
        average={"half_life": 5_000, "ramp_up": 0.05},
        data="emoji",
        domains="tones",
        identity_weight=10.0,
        source="this project, for two CPU cores",
    ),
    "stargan_celeba_128": _stargan(
        128,
        width=64,
        num_blocks=6,
        num_layers=6,
        batch_size=16,
        learning_rate=1e-4,
        discriminator_steps=5,
        steps=20 * 200_599 // (5 * 16),
        data="tfds:celeb_a",
        domains=["Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young"],
        identity_weight=0.0,
        crop="center",
        source="sections 5.1 and 5.3 of the paper, 20 epochs of its 200,599 images; parameters 8,430,528 (G) "
        "and 44,762,048 (D)",
    ),
}
