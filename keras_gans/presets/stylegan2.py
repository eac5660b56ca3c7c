"""Presets of StyleGAN2, with and without adaptive discriminator augmentation."""

from keras_gans.presets.base import adversarial, configured

_STYLEGAN2_PAPER = "https://arxiv.org/abs/1912.04958"
_ADA_PAPER = "https://arxiv.org/abs/2006.06676"

_ADA = configured("AdaptiveAugmentation", pipeline=configured("AugmentationPipeline"))


def _stylegan2(
    resolution,
    *,
    paper=_ADA_PAPER,
    generator,
    discriminator,
    gamma,
    images,
    batch_size,
    learning_rate=2.5e-3,
    half_life=20_000,
    ramp_up=None,
    augmentation=_ADA,
    plain=False,
    **more,
):
    """What both papers train with; numbers by data set are in appendix C of the ADA paper."""
    kind = "StyleGAN2PlainDiscriminator" if plain else "StyleGAN2Discriminator"
    return adversarial(
        "stylegan2",
        resolution,
        paper=paper,
        generator=configured("StyleGAN2Generator", **generator),
        discriminator=configured(kind, **discriminator),
        batch_size=batch_size,
        learning_rate=learning_rate,
        steps=images // batch_size,
        average={"half_life": half_life, "ramp_up": ramp_up},
        optimizer={"beta_1": 0.0, "beta_2": 0.99},
        **{
            "r1": {"weight": gamma, "interval": 16},
            "path_length": {"weight": 2.0, "interval": 4},
            "mixing_probability": 0.9,
            "augmentation": augmentation,
            **more,
        },
    )


PRESETS = {
    "stylegan2_emoji_32": _stylegan2(
        32,
        generator={
            "latent_dim": 128,
            "style_dim": 128,
            "mapping_layers": 2,
            "channel_base": 1024,
            "channel_max": 128,
        },
        discriminator={"channel_base": 1024, "channel_max": 128, "mapping_layers": 2},
        gamma=1.0,  # with 0.05 a short run drew texture without shapes
        images=320_000,
        batch_size=16,
        half_life=10_000,
        ramp_up=0.05,
        path_length=None,
        mixing_probability=0.0,
        augmentation=configured(
            "AdaptiveAugmentation", pipeline=configured("AugmentationPipeline"), images=200_000
        ),
        data="emoji",
        flip=False,
        precision="mixed_bfloat16",
        source="this project, for two CPU cores",
    ),
    "stylegan2_cifar10_32": _stylegan2(
        32,
        generator={"mapping_layers": 2},
        discriminator={"minibatch_group_size": 32},
        gamma=0.01,
        images=100_000_000,
        batch_size=64,
        half_life=500_000,
        ramp_up=0.05,
        plain=True,
        path_length=None,
        mixing_probability=0.0,
        data="tfds:cifar10",
        flip=False,
        source="appendix C of the ADA paper; with --conditional parameters 20,215,315 (G) and 23,089,664 "
        "(D); FID 2.92, with classes 2.42 (paper)",
    ),
    "stylegan2_ffhq_256": _stylegan2(
        256,
        generator={"channel_base": 16384},
        discriminator={"channel_base": 16384, "minibatch_group_size": 8},
        gamma=1.0,
        images=25_000_000,
        batch_size=64,
        data=None,
        data_hint="a folder of FFHQ images at 256 px",
        source="appendix C of the ADA paper; parameters 24,767,458 (G) and 24,001,089 (D)",
    ),
    "stylegan2_afhq_512": _stylegan2(
        512,
        generator={},
        discriminator={"minibatch_group_size": 8},
        gamma=0.5,
        images=25_000_000,
        batch_size=64,
        data=None,
        data_hint="a folder of AFHQ images at 512 px, of one kind of animal",
        source="appendix C of the ADA paper; parameters 30,276,583 (G) and 28,982,849 (D)",
    ),
    "stylegan2_ffhq_1024": _stylegan2(
        1024,
        paper=_STYLEGAN2_PAPER,
        generator={},
        discriminator={},
        gamma=10.0,
        images=25_000_000,
        batch_size=32,
        learning_rate=2e-3,
        half_life=10_000,
        augmentation=None,
        data=None,
        data_hint="a folder of FFHQ images at 1024 px",
        source="configuration F of the paper; parameters 30,370,060 (G) and 29,012,513 (D); FID 2.84 (paper)",
    ),
    "stylegan2_e_ffhq_1024": _stylegan2(
        1024,
        paper=_STYLEGAN2_PAPER,
        generator={"channel_base": 16384},
        discriminator={"channel_base": 16384},
        gamma=10.0,
        images=25_000_000,
        batch_size=32,
        learning_rate=2e-3,
        half_life=10_000,
        augmentation=None,
        data=None,
        data_hint="a folder of FFHQ images at 1024 px",
        source="configuration E of the paper; parameters 24,900,764 (G) and 24,038,161 (D)",
    ),
}
