import keras
import pytest

from keras_gans.training import ConstantPlan, Phase

OPTIONS = {"resolution": 32, "images": 1000, "batch_size": 64, "learning_rate": 2e-4}


def test_one_phase_of_whole_steps():
    plan = ConstantPlan(**OPTIONS)
    [phase] = plan.phases
    assert phase == Phase(
        resolution=32, start=0, fade_images=0, stable_images=1024, batch_size=64, learning_rate=2e-4
    )
    assert plan.total_images == phase.end == 1024
    assert plan.phase_at(0) == plan.phase_at(10**6) == phase
    assert plan.describe(1) == "32px"
    assert float(phase.alpha(0)) == 1.0  # nothing fades in


@pytest.mark.parametrize("scale, total", [(0.5, 512), (1e-9, 64), (10.0, 9984)])
def test_scale_keeps_whole_steps(scale, total):
    assert ConstantPlan(**OPTIONS, scale=scale).total_images == total


def test_config_round_trip():
    plan = ConstantPlan(**OPTIONS)
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(plan)) == plan
