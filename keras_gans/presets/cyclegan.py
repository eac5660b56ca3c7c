"""Presets of CycleGAN."""

from keras_gans.presets.base import adversarial, configured

_PAPER = "https://arxiv.org/abs/1703.10593"


def _cyclegan(resolution, *, num_blocks, width, num_layers, discriminator_width, **more):
    """Losses, pool and optimizer are the paper's (section 4); so is the learning rate, with its decay.

    The identity loss, which keeps colours, is that of section 5.2, paintings to photos, for all presets.
    """
    return adversarial(
        "cyclegan",
        resolution,
        paper=_PAPER,
        generator=configured("CycleGANGenerator", num_blocks=num_blocks, width=width),
        discriminator=configured(
            "PatchGANDiscriminator", num_layers=num_layers, width=discriminator_width, batch_norm=False
        ),
        learning_rate=2e-4,
        optimizer={"beta_1": 0.5, "beta_2": 0.999},
        cycle_weight=10.0,
        identity_weight=5.0,
        pool_size=50,
        pairs="unpaired",
        **more,
    )


PRESETS = {
    "cyclegan_emoji_32": _cyclegan(
        32,
        num_blocks=4,
        width=16,
        num_layers=2,
        discriminator_width=32,
        batch_size=4,
        steps=12_500,
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji:twemoji,fluent",
        flip=True,
        jitter=1.125,
        source="this project, for two CPU cores",
    ),
    "cyclegan_horse2zebra_256": _cyclegan(
        256,
        num_blocks=9,
        width=64,
        num_layers=3,
        discriminator_width=64,
        batch_size=1,
        steps=200 * 1334,
        data=None,
        data_hint="two folders of the authors' photos, trainA,trainB",
        jitter=286 / 256,
        source="sections 4 and 7.1 of the paper, and the identity loss of section 5.2, 200 epochs of the "
        "1,334 zebras; parameters 11,378,179 (G) "
        "and 2,764,737 (D), of each of two",
    ),
}
