"""Presets of WGAN-GP."""

from keras_gans.presets.base import adversarial, configured

_PAPER = "https://arxiv.org/abs/1704.00028"

PRESETS = {
    "wgan_gp_emoji_32": adversarial(
        "wgan_gp",
        32,
        paper=_PAPER,
        generator=configured("WGANGPGenerator", latent_dim=128, channel_base=4096, channel_max=64),
        discriminator=configured("WGANGPCIFARDiscriminator", channel_base=4096, channel_max=64),
        batch_size=32,
        learning_rate=2e-4,
        steps=2_500,
        discriminator_steps=5,
        optimizer={"beta_1": 0.0, "beta_2": 0.9, "decay_steps": None},
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji",
        flip=False,
        source="this project, for two CPU cores",
    ),
    "wgan_gp_cifar10_32": adversarial(
        "wgan_gp",
        32,
        paper=_PAPER,
        generator=configured("WGANGPGenerator", latent_dim=128, channel_base=4096, channel_max=128),
        discriminator=configured("WGANGPCIFARDiscriminator", channel_base=4096, channel_max=128),
        batch_size=64,
        learning_rate=2e-4,
        steps=100_000,
        discriminator_steps=5,
        optimizer={"beta_1": 0.0, "beta_2": 0.9, "decay_steps": 100_000},
        data="tfds:cifar10",
        source=(
            "section 5.3 and appendix of the paper; parameters 1,204,099 (G) and 1,053,825 (D); "
            "inception score 7.86, with classes 8.42 (paper)"
        ),
    ),
    "wgan_gp_lsun_64": adversarial(
        "wgan_gp",
        64,
        paper=_PAPER,
        generator=configured("WGANGPGenerator", latent_dim=128, channel_base=4096, channel_max=512),
        discriminator=configured("WGANGPDiscriminator", channel_base=4096, channel_max=512),
        batch_size=64,
        learning_rate=1e-4,
        steps=200_000,
        discriminator_steps=5,
        optimizer={"beta_1": 0.0, "beta_2": 0.9, "decay_steps": None},
        data=None,
        data_hint="a folder of LSUN bedrooms at 64 px, which `keras-gans prepare` makes",
        source=(
            "algorithm 1 and the residual networks of the public implementation at 64 px; parameters "
            "8,540,483 (G) and 7,491,841 (D)"
        ),
    ),
}
