"""Presets of the first GAN and of the first conditional one.

The optimizer is that of the papers' public configuration: the rate falls by a factor at each update; the
momentum stays at its first value, where the papers' rises to 0.7.
"""

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.optimizers import SGD, Divided

_GAN = {
    **base.origin("gan", "GAN", "1406.2661"),
    "dropout": 0.0,
    "pieces": [5, 5],
    "input_dropout": 0.2,
}
_CGAN = {
    **base.origin("cgan", "Conditional GAN", "1411.1784"),
    "dropout": 0.5,
    "pieces": [5, 4],
    "input_dropout": 0.0,
}


def _gan(*, generator, discriminator, momentum, divisor, **more):
    descent = SGD(momentum=momentum, rate=Divided(divisor=divisor))
    return base.Preset(
        networks=base.players(
            base.configured("GANGenerator", **generator),
            base.configured("GANDiscriminator", dropout=0.5, **discriminator),
        ),
        adversarial_loss=losses.NonSaturating(),
        optimizers=base.players(descent, descent),
        **more,
    )


def _small(name, *, dropout, pieces, input_dropout, conditional=False, **more):
    """Narrow layers for the embedded data; the losses are the paper's.

    The rate is a tenth, and the momentum higher: these pictures have more pixels than digits and are mostly
    white, so that the paper's rate diverges.
    """
    return _gan(
        **base.one_resolution(name, batch_size=64, learning_rate=0.01, steps=12_000),
        generator={"latent_dim": 64, "width": 256, "label_width": 128, "dropout": dropout},
        discriminator={"width": 48, "label_width": 12, "pieces": pieces, "input_dropout": input_dropout},
        momentum=0.9,
        divisor=1.0,
        **base.embedded(flip=False, conditional=conditional),
        num_classes=9 if conditional else 0,
        **more,
    )


def _digits(name, *, dropout, pieces, input_dropout, divisor, steps, conditional=False, **more):
    """Layers as wide as the papers' (their public configurations)."""
    return _gan(
        **base.one_resolution(name, batch_size=100, learning_rate=0.1, steps=steps),
        generator={"latent_dim": 100, "width": 1200, "label_width": 1000, "dropout": dropout},
        discriminator={"width": 240, "label_width": 50, "pieces": pieces, "input_dropout": input_dropout},
        momentum=0.5,
        divisor=divisor,
        average=base.NO_AVERAGE,
        data=base.Data(spec="tfds:mnist", flip=False, conditional=conditional),
        num_classes=10 if conditional else 0,
        source="digits shrunk from 28 to 16 px, in three equal colours",
        **more,
    )


PRESETS = (
    _small(
        "gan_emoji_32",
        **_GAN,
        parameters=base.players(871_936, 749_329),
    ),
    _digits(
        "gan_mnist_16",
        **_GAN,
        divisor=1.000004,
        steps=150_000,
        section="section 5, and its public configuration",
        parameters=base.players(2_484_768, 1_212_241),
    ),
    _small(
        "cgan_emoji_32",
        **_CGAN,
        conditional=True,
        parameters=base.players(864_896, 749_881),
    ),
    _digits(
        "cgan_mnist_16",
        **_CGAN,
        divisor=1.00004,
        steps=290_000,
        conditional=True,
        section="section 4.1",
        parameters=base.players(2_394_768, 1_205_151),
    ),
)
