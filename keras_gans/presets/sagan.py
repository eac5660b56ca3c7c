"""Presets of SAGAN."""

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


def _sagan(name, *, batch_size, steps, latent_dim, widths, attention_resolution, **more):
    """The discriminator learns at four times the generator's rate (section 4)."""
    attention = {"attention_resolution": attention_resolution}
    return base.Preset(
        **base.origin("sagan", "SAGAN", "1805.08318"),
        **base.one_resolution(name, batch_size=batch_size, learning_rate=1e-4, steps=steps),
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
        attention_resolution=16,
        batch_size=32,
        steps=6_250,
        average=base.SHORT_AVERAGE,
        data=base.Data(spec="emoji", flip=False),
        precision="mixed_bfloat16",
        parameters=base.players(897_924, 685_274),
        source=base.OWN,
    ),
    _sagan(
        "sagan_imagenet_128",
        latent_dim=128,
        widths=(64, 64),
        attention_resolution=64,
        batch_size=256,
        steps=1_000_000,
        average=base.NO_AVERAGE,
        **base.IMAGENET,
        section="section 4",
        parameters=base.players(42_017_412, 39_448_258),
        scores=(base.Score(metric="FID", value=18.65),),
    ),
)
