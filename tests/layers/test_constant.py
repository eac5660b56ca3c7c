import keras
import numpy as np
import pytest
from layer_check import check_layer

from keras_gans.layers import Constant


@pytest.mark.parametrize("learned", [True, False])
def test_constant(learned):
    weights = {"constant": (2, 3, 4)}
    check_layer(
        Constant,
        arguments={"shape": [2, 3, 4], "learned": learned},
        shapes=[(5, 7)],
        weights=weights if learned else {},
        non_trainable={} if learned else weights,
        reference=lambda x, constant: np.stack([constant] * len(x)),
    )


def test_initial_values():
    layer = Constant((4, 4, 2))
    assert np.all(np.asarray(layer(np.zeros((1, 3)))) == 1.0)
    layer = Constant((64, 64, 1), initializer=keras.initializers.RandomNormal(stddev=1.0))
    layer.build((None, 3))
    np.testing.assert_allclose(np.std(layer.constant), 1.0, rtol=0.05)
