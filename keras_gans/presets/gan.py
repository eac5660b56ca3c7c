"""Presets of the first GAN and of the first conditional one."""

from keras_gans.presets.base import adversarial, configured

_GAN_PAPER = "https://arxiv.org/abs/1406.2661"
_CGAN_PAPER = "https://arxiv.org/abs/1411.1784"


def _small(model, *, paper, generator, discriminator, **more):
    """Narrow layers for the embedded data; the losses are the paper's.

    The rate is a tenth, and the momentum higher: these pictures have more pixels than digits and are mostly
    white, so that the paper's rate diverges.
    """
    return adversarial(
        model,
        32,
        paper=paper,
        generator=configured("GANGenerator", channels=3, **generator),
        discriminator=configured("GANDiscriminator", channels=3, **discriminator),
        batch_size=64,
        learning_rate=0.01,
        steps=12_000,
        optimizer={"momentum": 0.9, "decay": 1.0},
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji",
        flip=False,
        source="this project, for two CPU cores",
        **more,
    )


PRESETS = {
    "gan_emoji_32": _small(
        "gan",
        paper=_GAN_PAPER,
        generator={"latent_dim": 64, "width": 256, "label_width": 128, "dropout": 0.0},
        discriminator={
            "width": 48,
            "label_width": 12,
            "pieces": [5, 5],
            "dropout": 0.5,
            "input_dropout": 0.2,
        },
    ),
    "gan_mnist_16": {
        **adversarial(
            "gan",
            16,
            paper=_GAN_PAPER,
            generator=configured(
                "GANGenerator", channels=3, latent_dim=100, width=1200, label_width=1000, dropout=0.0
            ),
            discriminator=configured(
                "GANDiscriminator",
                channels=3,
                width=240,
                label_width=50,
                pieces=[5, 5],
                dropout=0.5,
                input_dropout=0.2,
            ),
            batch_size=100,
            learning_rate=0.1,
            steps=150_000,
            optimizer={"momentum": 0.5, "decay": 1.000004},
        ),
        "data": "tfds:mnist",
        "flip": False,
        "source": (
            "section 5 of the paper and its public configuration; digits shrunk from 28 to 16 px, in three "
            "equal colours; parameters 2,484,768 (G) and 1,212,241 (D)"
        ),
    },
    "cgan_emoji_32": _small(
        "cgan",
        paper=_CGAN_PAPER,
        conditional=True,
        generator={"latent_dim": 64, "width": 256, "label_width": 128, "dropout": 0.5},
        discriminator={
            "width": 48,
            "label_width": 12,
            "pieces": [5, 4],
            "dropout": 0.5,
            "input_dropout": 0.0,
        },
    ),
    "cgan_mnist_16": {
        **adversarial(
            "cgan",
            16,
            paper=_CGAN_PAPER,
            generator=configured(
                "GANGenerator", channels=3, latent_dim=100, width=1200, label_width=1000, dropout=0.5
            ),
            discriminator=configured(
                "GANDiscriminator",
                channels=3,
                width=240,
                label_width=50,
                pieces=[5, 4],
                dropout=0.5,
                input_dropout=0.0,
            ),
            batch_size=100,
            learning_rate=0.1,
            steps=290_000,
            optimizer={"momentum": 0.5, "decay": 1.00004},
        ),
        "conditional": True,
        "data": "tfds:mnist",
        "flip": False,
        "source": (
            "section 4.1 of the paper; digits shrunk from 28 to 16 px, in three equal colours; parameters "
            "2,394,768 (G) and 1,205,151 (D)"
        ),
    },
}
