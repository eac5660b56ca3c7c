import keras
import numpy as np
import pytest

from keras_gans.training import LinearDecay


def test_constant_then_linear():
    rate = LinearDecay(2e-4, steps=100)
    got = [float(rate(step)) for step in (0, 25, 50, 75, 99, 100, 1000)]
    np.testing.assert_allclose(got, [2e-4, 2e-4, 2e-4, 1e-4, 4e-6, 0.0, 0.0], rtol=1e-4, atol=1e-12)
    falling = LinearDecay(1.0, steps=4, constant_share=0.0)
    np.testing.assert_allclose([float(falling(step)) for step in range(5)], [1.0, 0.75, 0.5, 0.25, 0.0])


def test_configuration():
    rate = LinearDecay(2e-4, steps=100, constant_share=0.25)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(rate))
    assert type(again) is LinearDecay and again.get_config() == rate.get_config()


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 5, "constant_share": 1.0}])
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError, match=r"`constant_share` in \[0, 1\). Received: steps="):
        LinearDecay(1.0, **wrong)
