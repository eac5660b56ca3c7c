"""Presets of BigGAN and BigGAN-deep."""

from keras_gans.presets.base import adversarial, configured

_BIGGAN_PAPER = "https://arxiv.org/abs/1809.11096"


def _imagenet(resolution, *, source, **networks):
    """What the paper trains with on ImageNet (appendix C)."""
    return adversarial(
        "biggan",
        resolution,
        paper=_BIGGAN_PAPER,
        **networks,
        batch_size=2048,
        learning_rate=5e-5,
        steps=165_000,
        discriminator_steps=2,
        average={"decay": 0.9999},
        optimizer={"beta_1": 0.0, "beta_2": 0.999, "discriminator_factor": 4.0},
        conditional=True,
        data="tfds:imagenet2012",
        source=f"{source}. Trainings collapse late: choose the best state by --metric",
    )


PRESETS = {
    "biggan_emoji_32": adversarial(
        "biggan",
        32,
        paper=_BIGGAN_PAPER,
        generator=configured(
            "BigGANGenerator",
            latent_dim=64,
            width=32,
            shared_dim=32,
            attention_resolutions=[16],
            statistics_rows=6,
        ),
        discriminator=configured("BigGANDiscriminator", width=32, attention_resolutions=[]),
        batch_size=32,
        learning_rate=2e-4,
        steps=3_125,
        discriminator_steps=2,
        average={"half_life": 10_000, "ramp_up": 0.05},
        optimizer={"beta_1": 0.0, "beta_2": 0.999, "discriminator_factor": 1.0},
        conditional=True,
        data="emoji",
        flip=False,
        precision="mixed_bfloat16",
        source="this project, for two CPU cores",
    ),
    "biggan_cifar10_32": adversarial(
        "biggan",
        32,
        paper=_BIGGAN_PAPER,
        generator=configured(
            "BigGANGenerator",
            latent_dim=128,
            width=64,
            shared_dim=None,
            hierarchical=False,
            attention_resolutions=[],
            norm_epsilon=1e-5,
            orthogonal_weight=None,
        ),
        discriminator=configured("BigGANDiscriminator", width=64, attention_resolutions=[]),
        batch_size=50,
        learning_rate=2e-4,
        steps=125_000,
        discriminator_steps=4,
        average={"decay": 0.9999},
        optimizer={"beta_1": 0.0, "beta_2": 0.999, "discriminator_factor": 1.0},
        conditional=True,
        data="tfds:cifar10",
        source="the configuration of the authors' public code, but initialised orthogonally; parameters "
        "4,304,387 (G) and 4,207,361 (D)",
    ),
    "biggan_imagenet_128": _imagenet(
        128,
        generator=configured(
            "BigGANGenerator", latent_dim=120, width=96, shared_dim=128, attention_resolutions=[64]
        ),
        discriminator=configured("BigGANDiscriminator", width=96, attention_resolutions=[64]),
        source="table 4 and appendix C of the paper; parameters 70,433,988 (G) and 87,982,370 (D); FID 8.7, "
        "inception score 98.8 (paper)",
    ),
    "biggan_imagenet_256": _imagenet(
        256,
        generator=configured(
            "BigGANGenerator", latent_dim=140, width=96, shared_dim=128, attention_resolutions=[64]
        ),
        discriminator=configured("BigGANDiscriminator", width=96, attention_resolutions=[64]),
        source="table 5 and appendix C of the paper; parameters 82,235,844 (G) and 99,225,890 (D)",
    ),
    "biggan_deep_imagenet_128": _imagenet(
        128,
        generator=configured("BigGANDeepGenerator", latent_dim=128, width=128, shared_dim=128),
        discriminator=configured("BigGANDeepDiscriminator", width=128),
        source="table 7 and appendix C of the paper; parameters 50,388,609 (G) and 34,590,210 (D)",
    ),
}
