import keras
import numpy as np
import pytest

from keras_gans.training import LinearDecay


def test_constant_then_linear():
    rate = LinearDecay(2e-4, steps=100)
    got = [float(rate(step)) for step in (0, 25, 50, 75, 99, 100, 1000)]
    np.testing.assert_allclose(got, [2e-4, 2e-4, 2e-4, 1e-4, 4e-6, 0.0, 0.0], rtol=1e-4, atol=1e-12)


def test_configuration():
    rate = LinearDecay(2e-4, steps=100)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(rate))
    assert type(again) is LinearDecay and again.get_config() == rate.get_config()


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"`steps` must be at least 1\. Received: 0"):
        LinearDecay(1.0, steps=0)
