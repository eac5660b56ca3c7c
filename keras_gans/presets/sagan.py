"""Presets of SAGAN."""

from keras_gans.presets.base import adversarial, configured

_SAGAN_PAPER = "https://arxiv.org/abs/1805.08318"
# The discriminator learns at four times the generator's rate (section 4).
_OPTIMIZER = {"beta_1": 0.0, "beta_2": 0.9, "discriminator_factor": 4.0}


PRESETS = {
    "sagan_emoji_32": adversarial(
        "sagan",
        32,
        paper=_SAGAN_PAPER,
        generator=configured("SAGANGenerator", latent_dim=64, width=32, attention_resolution=16),
        discriminator=configured("SAGANDiscriminator", width=24, attention_resolution=16),
        batch_size=32,
        learning_rate=1e-4,
        steps=6_250,
        optimizer=_OPTIMIZER,
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji",
        flip=False,
        precision="mixed_bfloat16",
        source="this project, for two CPU cores",
    ),
    "sagan_imagenet_128": adversarial(
        "sagan",
        128,
        paper=_SAGAN_PAPER,
        generator=configured("SAGANGenerator", latent_dim=128, width=64, attention_resolution=64),
        discriminator=configured("SAGANDiscriminator", width=64, attention_resolution=64),
        batch_size=256,
        learning_rate=1e-4,
        steps=1_000_000,
        optimizer=_OPTIMIZER,
        conditional=True,
        data="tfds:imagenet2012",
        source="section 4 of the paper; parameters 42,017,412 (G) and 39,448,258 (D); FID 18.65 (paper)",
    ),
}
