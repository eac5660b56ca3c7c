"""Presets of DCGAN and of other losses on its networks: LSGAN and WGAN."""

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam, RMSprop

_ADAM = Adam(beta_1=0.5, beta_2=0.999)
_DCGAN = {  # section 4
    **base.origin("dcgan", "DCGAN", "1511.06434"),
    "adversarial_loss": losses.NonSaturating(),
    "optimizers": base.players(_ADAM, _ADAM),
}
_LSGAN = {  # section 4.1
    **base.origin("lsgan", "LSGAN", "1611.04076"),
    # a, b and c of equation 9: the 0-1 coding.
    "adversarial_loss": losses.LeastSquares(fake_target=0.0, real_target=1.0, generator_target=1.0),
    "optimizers": base.players(_ADAM, _ADAM),
}
# The public implementation also gives the critic 100 steps at the very start and now and then; algorithm 1
# does not, and neither does this. Behind clipped weights gradients are so small that a larger epsilon would
# count.
_WGAN = {
    **base.origin("wgan", "WGAN", "1701.07875"),
    "adversarial_loss": losses.Wasserstein(),
    "optimizers": base.players(RMSprop(rho=0.99), RMSprop(rho=0.99)),
}


def _networks(**discriminator):
    return base.players(
        base.configured("DCGANGenerator", latent_dim=100, width=64),
        base.configured("DCGANDiscriminator", width=64, **discriminator),
    )


_PLAIN, _CLIPPED = _networks(), _networks(clip=0.01)


def _small(*, networks=_PLAIN, **more):
    """For the embedded data; losses are the paper's, and so are the networks at this resolution."""
    return base.Preset(
        networks=networks,
        **base.embedded(flip=False),
        parameters=base.players(1_068_928, 663_296),
        **more,
    )


def _lsun(*, networks=_PLAIN, **more):
    return base.Preset(
        networks=networks,
        average=base.NO_AVERAGE,
        data=base.LSUN_64,
        parameters=base.players(3_576_704, 2_765_568),
        **more,
    )


PRESETS = (
    _small(**base.one_resolution("dcgan_emoji_32", batch_size=64, learning_rate=2e-4, steps=3_200), **_DCGAN),
    _lsun(
        **base.one_resolution("dcgan_lsun_64", batch_size=128, learning_rate=2e-4, steps=118_000),
        **_DCGAN,
        section="section 4",
        source="five epochs of three million bedrooms",
    ),
    _small(**base.one_resolution("lsgan_emoji_32", batch_size=64, learning_rate=2e-4, steps=3_200), **_LSGAN),
    _lsun(
        **base.one_resolution("lsgan_lsun_64", batch_size=64, learning_rate=1e-3, steps=240_000),
        **_LSGAN,
        section="section 4.1",
        source="on DCGAN's networks instead of the paper's own of 112 px; length by us",
    ),
    _small(
        **base.one_resolution(
            "wgan_emoji_32", batch_size=32, learning_rate=2e-4, steps=2_500, discriminator_steps=5
        ),
        **_WGAN,
        networks=_CLIPPED,
    ),
    _lsun(
        **base.one_resolution(
            "wgan_lsun_64", batch_size=64, learning_rate=5e-5, steps=200_000, discriminator_steps=5
        ),
        **_WGAN,
        networks=_CLIPPED,
        section="algorithm 1 and section 4",
        source="length by us",
    ),
)
