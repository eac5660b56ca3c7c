"""Presets of BigGAN and BigGAN-deep."""

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


def _biggan(*, discriminator_factor=1.0, **more):
    """Loss and optimizer are the paper's (appendix C).

    Orthogonal regularisation belongs to the kernels of the generator.
    """
    return base.Preset(
        **base.origin("biggan", "BigGAN", "1809.11096"),
        adversarial_loss=losses.Hinge(),
        optimizers=base.players(
            Adam(beta_1=0.0, beta_2=0.999), Adam(beta_1=0.0, beta_2=0.999, factor=discriminator_factor)
        ),
        **more,
    )


def _networks(**generator):
    """Networks of the same widths, with attention at the same resolutions."""
    both = {name: generator[name] for name in ("width", "attention_resolutions")}
    return base.players(
        base.configured("BigGANGenerator", **generator), base.configured("BigGANDiscriminator", **both)
    )


def _imagenet(name, **more):
    """What the paper trains with on ImageNet (appendix C)."""
    return _biggan(
        **base.one_resolution(
            name, batch_size=2048, learning_rate=5e-5, steps=165_000, discriminator_steps=2
        ),
        discriminator_factor=4.0,
        average=training.ExponentialMovingAverage(decay=0.9999),
        **base.IMAGENET,
        source="Trainings collapse late: choose the best state by --metric",
        **more,
    )


PRESETS = (
    _biggan(
        **base.one_resolution(
            "biggan_emoji_32", batch_size=32, learning_rate=2e-4, steps=3_125, discriminator_steps=2
        ),
        networks=base.players(
            base.configured(
                "BigGANGenerator",
                latent_dim=64,
                width=32,
                shared_dim=32,
                attention_resolutions=[16],
                statistics_rows=6,
            ),
            base.configured("BigGANDiscriminator", width=32, attention_resolutions=[]),
        ),
        **base.embedded(flip=False, conditional=True),
        precision="mixed_bfloat16",
        num_classes=9,
        parameters=base.players(1_068_068, 1_054_977),
    ),
    _biggan(
        **base.one_resolution(
            "biggan_cifar10_32", batch_size=50, learning_rate=2e-4, steps=125_000, discriminator_steps=4
        ),
        networks=_networks(
            latent_dim=128,
            width=64,
            shared_dim=None,
            hierarchical=False,
            attention_resolutions=[],
            norm_epsilon=1e-5,
            orthogonal_weight=None,
        ),
        average=training.ExponentialMovingAverage(decay=0.9999),
        **base.CIFAR10,
        source="the configuration of the authors' public code, but initialised orthogonally",
        parameters=base.players(4_304_387, 4_207_361),
    ),
    _imagenet(
        "biggan_imagenet_128",
        networks=_networks(latent_dim=120, width=96, shared_dim=128, attention_resolutions=[64]),
        section="table 4 and appendix C",
        parameters=base.players(70_433_988, 87_982_370),
        scores=(base.Score(metric="FID", value=8.7), base.Score(metric="inception score", value=98.8)),
    ),
    _imagenet(
        "biggan_imagenet_256",
        networks=_networks(latent_dim=140, width=96, shared_dim=128, attention_resolutions=[64]),
        section="table 5 and appendix C",
        parameters=base.players(82_235_844, 99_225_890),
    ),
    _imagenet(
        "biggan_deep_imagenet_128",
        networks=base.players(
            base.configured("BigGANDeepGenerator", latent_dim=128, width=128, shared_dim=128),
            base.configured("BigGANDeepDiscriminator", width=128),
        ),
        section="table 7 and appendix C",
        parameters=base.players(50_388_609, 34_590_210),
    ),
)
