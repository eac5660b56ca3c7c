"""Presets of SAGAN."""

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


def _sagan(name, *, length, latent_dim, widths, **more):
    """The discriminator learns at four times the generator's rate (section 4).

    Attention is at half the resolution, as at 64 of 128 px in the paper (table 1).
    """
    attention = {"attention_resolution": base.resolution_of(name) // 2}
    return base.Preset(
        **base.origin("sagan", "SAGAN", "1805.08318"),
        **base.one_resolution(name, learning_rate=1e-4, **length),
        networks=base.players(
            base.configured("SAGANGenerator", latent_dim=latent_dim, width=widths[0], **attention),
            base.configured("SAGANDiscriminator", width=widths[1], **attention),
        ),
        adversarial_loss=losses.Hinge(),
        optimizers=base.players(Adam(beta_1=0.0, beta_2=0.9), Adam(beta_1=0.0, beta_2=0.9, factor=4.0)),
        **more,
    )


PRESETS = (
    _sagan(
        "sagan_emoji_32",
        latent_dim=64,
        widths=(32, 24),
        length={"batch_size": 32, "steps": 6_250},
        **base.embedded(flip=False),
        precision="mixed_bfloat16",
        parameters=base.players(897_924, 685_274),
    ),
    _sagan(
        "sagan_imagenet_128",
        latent_dim=128,
        widths=(64, 64),
        length={"batch_size": 256, "steps": 1_000_000},
        average=base.NO_AVERAGE,
        **base.IMAGENET,
        section="section 4",
        parameters=base.players(42_017_412, 39_448_258),
        scores=(base.Score(metric="FID", value=18.65),),
    ),
)
