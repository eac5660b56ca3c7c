"""Presets of DCGAN and of other losses on its networks: LSGAN and WGAN."""

from keras_gans.presets.base import adversarial, configured

_DCGAN_PAPER = "https://arxiv.org/abs/1511.06434"
_LSGAN_PAPER = "https://arxiv.org/abs/1611.04076"
_WGAN_PAPER = "https://arxiv.org/abs/1701.07875"
_LSUN_HINT = "a folder of LSUN bedrooms at 64 px, which `keras-gans prepare` makes"
_PARAMETERS = "parameters 3,576,704 (G) and 2,765,568 (D)"


def _networks(latent_dim=100, **discriminator):
    return {
        "generator": configured("DCGANGenerator", latent_dim=latent_dim, width=64),
        "discriminator": configured("DCGANDiscriminator", width=64, **discriminator),
    }


def _small(model, *, paper, **more):
    """For the embedded data; losses are the paper's, and so are the networks at this resolution."""
    return adversarial(
        model,
        32,
        paper=paper,
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji",
        flip=False,
        source="this project, for two CPU cores",
        **more,
    )


def _lsun(model, *, paper, source, **more):
    return adversarial(
        model,
        64,
        paper=paper,
        data=None,
        data_hint=_LSUN_HINT,
        source=f"{source}; {_PARAMETERS}",
        **more,
    )


PRESETS = {
    "dcgan_emoji_32": _small(
        "dcgan",
        paper=_DCGAN_PAPER,
        **_networks(),
        batch_size=64,
        learning_rate=2e-4,
        steps=3_200,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
    ),
    "dcgan_lsun_64": _lsun(
        "dcgan",
        paper=_DCGAN_PAPER,
        **_networks(),
        batch_size=128,
        learning_rate=2e-4,
        steps=118_000,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
        source="section 4 of the paper, five epochs of three million bedrooms",
    ),
    "lsgan_emoji_32": _small(
        "lsgan",
        paper=_LSGAN_PAPER,
        **_networks(),
        batch_size=64,
        learning_rate=2e-4,
        steps=3_200,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
    ),
    "lsgan_lsun_64": _lsun(
        "lsgan",
        paper=_LSGAN_PAPER,
        **_networks(),
        batch_size=64,
        learning_rate=1e-3,
        steps=240_000,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
        source="section 4.1 of the paper, on DCGAN's networks instead of its own of 112 px; length by us",
    ),
    "wgan_emoji_32": _small(
        "wgan",
        paper=_WGAN_PAPER,
        **_networks(clip=0.01),
        batch_size=32,
        learning_rate=2e-4,
        steps=2_500,
        discriminator_steps=5,
        optimizer={"rho": 0.99},
    ),
    "wgan_lsun_64": _lsun(
        "wgan",
        paper=_WGAN_PAPER,
        **_networks(clip=0.01),
        batch_size=64,
        learning_rate=5e-5,
        steps=200_000,
        discriminator_steps=5,
        optimizer={"rho": 0.99},
        source="algorithm 1 and section 4 of the paper; length by us",
    ),
}
