import json

import keras
import pytest

from keras_gans import diffusion, presets

DDPM = pytest.mark.parametrize("name", presets.preset_names("ddpm"))


@DDPM
def test_a_process_is_what_keras_writes(name):
    """The configuration of the process is its own, through JSON."""
    config = json.loads(json.dumps(presets.get_preset(name)["process"]))
    process = keras.saving.deserialize_keras_object(config)
    assert isinstance(process, diffusion.DiffusionProcess)
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(process)) == process


def test_the_papers_processes():
    def process(name):
        return keras.saving.deserialize_keras_object(presets.get_preset(name)["process"])

    linear = process("ddpm_cifar10_32")
    assert linear.schedule == diffusion.LinearSchedule(timesteps=1000, beta_start=1e-4, beta_end=0.02)
    assert linear.prediction == diffusion.Epsilon() and linear.variance == diffusion.FixedLarge()
    cosine = process("ddpm_cosine_cifar10_32")
    assert cosine.schedule == diffusion.CosineSchedule(timesteps=4000, offset=0.008, max_beta=0.999)
    assert cosine.variance == diffusion.Learned()
    assert process("ddpm_celebahq_256").schedule == linear.schedule


@DDPM
def test_one_batch_size_at_the_resolution(name):
    preset = presets.get_preset(name)
    for key in ("batch_sizes", "learning_rates"):
        assert list(preset["schedule"][key]) == [preset["resolution"]]
