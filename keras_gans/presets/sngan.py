"""Presets of SN-GAN, with and without the projection discriminator."""

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam

_SNGAN = base.origin("sngan", "SN-GAN", "1802.05957")
_PROJECTION = base.origin("sngan", "SN-GAN", "1802.05637")
_CONSTANT = "The learning rate stays constant here"


def _sngan(
    name,
    *,
    length,
    discriminator_factor=1.0,
    average=base.NO_AVERAGE,
    **more,
):
    """Everything in the papers is trained with these (1802.05957, section 4 and table 1)."""
    return base.Preset(
        **base.one_resolution(name, learning_rate=2e-4, **{"discriminator_steps": 5, **length}),
        adversarial_loss=losses.Hinge(),
        optimizers=base.players(
            Adam(beta_1=0.0, beta_2=0.9), Adam(beta_1=0.0, beta_2=0.9, factor=discriminator_factor)
        ),
        average=average,
        **more,
    )


def _residual(*, generator, discriminator, latent_dim=128):
    return base.players(
        base.configured("SNGANGenerator", width=generator, latent_dim=latent_dim),
        base.configured("SNGANDiscriminator", width=discriminator),
    )


PRESETS = (
    _sngan(
        "sngan_projection_emoji_32",
        **_PROJECTION,
        networks=_residual(generator=64, discriminator=64, latent_dim=64),
        # One step, of twice the rate, instead of five: more of the generator's in the time there is.
        length={"batch_size": 16, "steps": 20_000, "discriminator_steps": 1},
        discriminator_factor=2.0,
        **base.embedded(flip=False, conditional=True),
        precision="mixed_bfloat16",
        num_classes=9,
        parameters=base.players(309_379, 265_344),
    ),
    _sngan(
        "sngan_cifar10_32",
        **_SNGAN,
        networks=_residual(generator=256, discriminator=128),
        length={"batch_size": 64, "steps": 100_000},
        data=base.Data(spec="tfds:cifar10"),
        section="table 4, hinge loss",
        source=_CONSTANT,
        parameters=base.players(4_276_739, 1_053_824),
        scores=(base.Score(metric="FID", value=21.7),),
    ),
    _sngan(
        "sngan_projection_cifar10_32",
        **_PROJECTION,
        networks=_residual(generator=256, discriminator=128),
        length={"batch_size": 64, "steps": 100_000},
        **base.CIFAR10,
        source=f"networks of sngan_cifar10_32 with classes. {_CONSTANT}",
        parameters=base.players(4_304_387, 1_055_104),
        scores=(base.Score(metric="FID", value=17.5),),
    ),
    _sngan(
        "sngan_cnn_cifar10_32",
        **_SNGAN,
        networks=base.players(
            base.configured("SNGANCNNGenerator", width=64), base.configured("SNGANCNNDiscriminator", width=64)
        ),
        length={"batch_size": 64, "steps": 100_000},
        data=base.Data(spec="tfds:cifar10"),
        section="table 3",
        source="the paper's plain networks have the cross-entropy loss, these the hinge loss",
        parameters=base.players(3_812_355, 2_935_873),
    ),
    _sngan(
        "sngan_imagenet_128",
        **_PROJECTION,
        networks=_residual(generator=64, discriminator=64),
        length={"batch_size": 256, "steps": 850_000},
        **base.IMAGENET,
        section="section 6.1",
        source=_CONSTANT,
        parameters=base.players(41_996_931, 30_041_857),
        scores=(base.Score(metric="inception score", value=36.8),),
    ),
)
