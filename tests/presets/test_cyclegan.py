import numpy as np
import pytest

import tiny_presets
from keras_gans import losses, presets, training
from keras_gans.presets.cyclegan import PRESETS


def test_the_papers_numbers():
    """Sections 4, 5.2 and 7 of 1703.10593: batches of one, 200 epochs, pool of 50, 286 to 256 pixels."""
    preset = presets.get("cyclegan_horse2zebra_256")
    assert preset.images == 200 * 1334 and preset.batch_sizes == {256: 1}
    assert preset.learning_rates == {256: 2e-4} and preset.pool_size == 50
    assert round(256 * preset.data.jitter) == 286 and preset.data.flip
    assert preset.average == training.ExponentialMovingAverage(decay=0.0)
    for each in PRESETS:
        assert each.data.kind == "unpaired"
        assert each.adversarial_loss == losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0)
        assert each.generator_terms == (
            losses.CycleConsistency(weight=10.0),
            losses.IdentityMapping(weight=5.0),
        )
        generators = [each.networks[f"{way}_generator"] for way in ("forward", "backward")]
        assert generators[0] == generators[1]


@pytest.mark.parametrize("images, steps", [(None, 266_800), (1000, 1000)])
def test_the_rate_falls_in_the_second_half(images, steps):
    preset = presets.get("cyclegan_horse2zebra_256")
    preset = preset if images is None else preset.replace(images=images)
    optimizer = preset.build_optimizer("generator", 2e-4)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    rate = tiny_presets.rate_of(optimizer)
    assert (type(rate), rate.steps) == (training.LinearDecay, steps)
    got = [float(rate(share * steps)) for share in (0.0, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(got, [2e-4, 2e-4, 1e-4, 0.0], rtol=1e-3, atol=1e-10)


def test_what_is_built():
    trainer = tiny_presets.tiny("cyclegan").make_trainer()
    assert type(trainer) is training.CycleGAN and (trainer.pool_size, trainer.resolution) == (50, 8)
    assert not trainer.target_discriminator.batch_norm
