import numpy as np
import pytest
from keras import layers

from keras_gans.metrics.frozen import PLAIN, FrozenTensors, with_weights


def test_normalisation_is_folded_from_its_statistics():
    parts = {"weight": 2.0, "bias": 0.5, "running_mean": 3.0, "running_var": 0.24}
    tensors = FrozenTensors({f"bn.{part}": np.array([value], "float32") for part, value in parts.items()})
    scale, bias = tensors.normalisation("bn", 1, 0.01)
    np.testing.assert_allclose([scale, bias], [[4.0], [-11.5]], rtol=1e-6)
    tensors.check_all_taken()


def test_what_is_not_as_asked_is_named():
    tensors = FrozenTensors({"a": np.zeros((2, 3)), "b": np.zeros(1)})
    with pytest.raises(ValueError, match=r"no tensor c. Left: .*'a', 'b'"):
        tensors.take("c", (1,))
    tensors.take("b", (1,))
    with pytest.raises(ValueError, match=r"no place for the tensors.*'a'"):
        tensors.check_all_taken()
    with pytest.raises(ValueError, match=r"a must have the shape \(3, 2\). Received: \(2, 3\)"):
        tensors.take("a", (3, 2))


def test_layers_get_their_weights():
    x = np.array([[1.0, 2.0]], "float32")
    layer = layers.Dense(1, **PLAIN)
    with_weights(layer, x, [np.array([[3.0], [4.0]]), np.array([5.0])])
    np.testing.assert_array_equal(layer(x), [[16.0]])
