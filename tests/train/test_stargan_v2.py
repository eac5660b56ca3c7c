import numpy as np
import pytest

import short_runs
import small
import stargan_v2
from keras_gans import losses, networks, training
from keras_gans.presets.stargan_v2 import PRESETS

TINY = {"width": 2, "max_width": 2}


def configure(**changes):
    config = short_runs.configure(
        PRESETS["stargan_v2_emoji_64"], resolution=32, generator=TINY, discriminator=TINY
    )
    config["network"]["style_encoder"]["config"] |= TINY
    config["network"]["mapping_network"]["config"] |= {"width": 8}
    return {**config, **changes}


@pytest.mark.slow
def test_a_short_run():
    trainer, schedule = short_runs.make(stargan_v2, configure(), num_classes=3)
    assert type(trainer) is training.StarGANv2Trainer and schedule.total_images == 100_000
    [discriminator] = trainer.players()["discriminator"]
    owned = {type(n): n.name for n in trainer.players()["generator"]}
    assert type(discriminator) is networks.StarGANv2Discriminator and discriminator.num_classes == 3
    assert owned == {
        networks.StarGANv2Generator: "generator",
        networks.StarGANv2MappingNetwork: "mapping_network",
        networks.StarGANv2StyleEncoder: "style_encoder",
    }
    assert (trainer.generator.resolution, trainer.style_encoder.resolution) == (32, 32)
    assert (trainer.mapping_network.num_classes, trainer.style_encoder.num_classes) == (3, 3)
    assert trainer.adversarial_loss == losses.NonSaturating()
    assert trainer.terms == {
        "discriminator": (losses.R1(weight=1.0),),
        "generator": (
            losses.StyleReconstruction(weight=1.0),
            losses.StyleDiversity(weight=1.0, decay_images=100_000),
            losses.SourceConsistency(weight=1.0),
        ),
    }
    assert (trainer.mapping_rate, trainer.weight_decay) == (0.01, 1e-4)
    history = small.fit(trainer, small.guided(2, num_classes=3)).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert (int(trainer.images_seen.numpy()), int(trainer.skipped_steps.numpy())) == (8, 0)


def test_diversity_fades_out_over_the_whole_run():
    trainer, _ = stargan_v2.build(configure(images=2_000, diversity_weight=3.0), 2)
    assert trainer.terms["generator"][1] == losses.StyleDiversity(weight=3.0, decay_images=2_000)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    optimizer = stargan_v2.optimizer(PRESETS["stargan_v2_afhq_256"], player, 1e-4)
    assert type(optimizer) is training.GroupedAdam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.99, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(1e-4)
