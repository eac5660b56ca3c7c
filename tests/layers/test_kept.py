import keras
import pytest

from keras_gans.layers import Dropout, PixelNorm, SizeCheck


def test_arguments_are_attributes_and_the_configuration_beside_keras_own():
    layer = SizeCheck(multiple=4, name="check", dtype="mixed_bfloat16", trainable=False)
    assert (layer.multiple, layer.minimum) == (4, 1)  # the default, too
    config = layer.get_config()
    assert {name: config[name] for name in ("multiple", "minimum", "name", "trainable")} == {
        "multiple": 4,
        "minimum": 1,
        "name": "check",
        "trainable": False,
    }
    again = SizeCheck.from_config(config)
    assert again.get_config() == config
    assert again.compute_dtype == "bfloat16" and not again.trainable


def test_a_policy_of_the_time_is_kept():
    keras.config.set_dtype_policy("mixed_bfloat16")
    config = PixelNorm().get_config()
    keras.config.set_dtype_policy("float32")
    assert PixelNorm.from_config(config).compute_dtype == "bfloat16"


def test_a_missing_argument_is_the_constructor_s_error():
    with pytest.raises(TypeError, match="rate"):
        Dropout()
