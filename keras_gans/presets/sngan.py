"""Presets of SN-GAN, with and without the projection discriminator."""

from keras_gans.presets.base import adversarial, configured

_SNGAN_PAPER = "https://arxiv.org/abs/1802.05957"
_PROJECTION_PAPER = "https://arxiv.org/abs/1802.05637"


def _sngan(resolution, *, paper, batch_size, steps, learning_rate=2e-4, **more):
    """Everything in the papers is trained with these."""
    return adversarial(
        "sngan",
        resolution,
        paper=paper,
        batch_size=batch_size,
        learning_rate=learning_rate,
        steps=steps,
        **{"discriminator_steps": 5, "optimizer": {"beta_1": 0.0, "beta_2": 0.9}, **more},
    )


def _residual(*, generator, discriminator, latent_dim=128):
    return {
        "generator": configured("SNGANGenerator", width=generator, latent_dim=latent_dim),
        "discriminator": configured("SNGANDiscriminator", width=discriminator),
    }


PRESETS = {
    "sngan_projection_emoji_32": _sngan(
        32,
        paper=_PROJECTION_PAPER,
        **_residual(generator=64, discriminator=64, latent_dim=64),
        batch_size=16,
        steps=20_000,
        # One step, of twice the rate, instead of five: more of the generator's in the time there is.
        discriminator_steps=1,
        optimizer={"beta_1": 0.0, "beta_2": 0.9, "discriminator_factor": 2.0},
        average={"half_life": 10_000, "ramp_up": 0.05},
        conditional=True,
        data="emoji",
        flip=False,
        precision="mixed_bfloat16",
        source="this project, for two CPU cores",
    ),
    "sngan_cifar10_32": _sngan(
        32,
        paper=_SNGAN_PAPER,
        **_residual(generator=256, discriminator=128),
        batch_size=64,
        steps=100_000,
        data="tfds:cifar10",
        source="table 4 of the paper, hinge loss; parameters 4,276,739 (G) and 1,053,824 (D); FID 21.7 "
        "(paper). The learning rate stays constant here",
    ),
    "sngan_projection_cifar10_32": _sngan(
        32,
        paper=_PROJECTION_PAPER,
        **_residual(generator=256, discriminator=128),
        batch_size=64,
        steps=100_000,
        conditional=True,
        data="tfds:cifar10",
        source="networks of sngan_cifar10_32 with classes; parameters 4,304,387 (G) and 1,055,104 (D); FID "
        "17.5 (paper). The learning rate stays constant here",
    ),
    "sngan_cnn_cifar10_32": _sngan(
        32,
        paper=_SNGAN_PAPER,
        generator=configured("SNGANCNNGenerator", width=64),
        discriminator=configured("SNGANCNNDiscriminator", width=64),
        batch_size=64,
        steps=100_000,
        data="tfds:cifar10",
        source="table 3 of the paper; parameters 3,812,355 (G) and 2,935,873 (D). The paper's plain networks "
        "have the cross-entropy loss, these the hinge loss",
    ),
    "sngan_imagenet_128": _sngan(
        128,
        paper=_PROJECTION_PAPER,
        **_residual(generator=64, discriminator=64),
        batch_size=256,
        steps=850_000,
        conditional=True,
        data="tfds:imagenet2012",
        source="section 6.1 of the paper; parameters 41,996,931 (G) and 30,041,857 (D); inception score 36.8 "
        "(paper). The learning rate stays constant here",
    ),
}
