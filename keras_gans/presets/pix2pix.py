"""Presets of pix2pix."""

from keras_gans.presets.base import adversarial, configured

_PAPER = "https://arxiv.org/abs/1611.07004"


def _pix2pix(resolution, **more):
    """Losses and optimizer are the paper's (section 3)."""
    return adversarial(
        "pix2pix",
        resolution,
        paper=_PAPER,
        learning_rate=2e-4,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
        pairs="aligned",
        **more,
    )


PRESETS = {
    "pix2pix_emoji_64": _pix2pix(
        64,
        generator=configured("Pix2PixGenerator", num_downs=5, width=16),
        discriminator=configured("PatchGANDiscriminator", channels=6, num_layers=2, width=32),
        batch_size=16,
        steps=12_500,
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji:noto,fluent",
        flip=True,
        jitter=1.125,
        source="this project, for two CPU cores",
    ),
    "pix2pix_facades_256": _pix2pix(
        256,
        generator=configured("Pix2PixGenerator", num_downs=8, width=64, batch_norm=False, affine=True),
        discriminator=configured(
            "PatchGANDiscriminator", channels=6, num_layers=3, width=64, batch_norm=False, affine=True
        ),
        batch_size=1,
        steps=200 * 400,
        data=None,
        data_hint="right-to-left:DIR, a folder of the authors' pictures, photo left and labels right",
        jitter=286 / 256,
        source="section 6.2 of the paper, 200 epochs of 400 images; parameters 54,413,955 (G) and 2,768,705 "
        "(D). The paper's batch norm with the statistics of a single image, in training and at test time, is "
        "instance norm with gains and offsets here",
    ),
}
