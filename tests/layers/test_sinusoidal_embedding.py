import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from keras_gans.layers import SinusoidalEmbedding


def embedding(x, features, freq_shift, flip):
    half = features // 2
    angles = np.multiply.outer(x, [10000.0 ** -(i / (half - freq_shift)) for i in range(half)])
    parts = [np.sin(angles), np.cos(angles)]
    return np.concatenate(parts[::-1] if flip else parts, axis=-1)


@pytest.mark.parametrize("features, freq_shift, flip", [(8, 1, False), (6, 0, True), (2, 0.5, False)])
def test_sinusoidal_embedding(features, freq_shift, flip):
    check_layer(
        SinusoidalEmbedding,
        arguments={"features": features, "freq_shift": freq_shift, "flip_sin_to_cos": flip},
        shapes=[(5,)],
        reference=lambda x: embedding(x, features, freq_shift, flip),
    )


def test_last_frequency():
    """With a shift of 1 it is 1 / 10000, so that 5000 pi has the angle pi / 2."""
    outputs = SinusoidalEmbedding(4)(np.array([5000.0 * np.pi], "float32"))[0]
    np.testing.assert_allclose(outputs[1], 1.0, atol=1e-6)
    np.testing.assert_allclose(outputs[3], 0.0, atol=1e-6)
    outputs = SinusoidalEmbedding(4, freq_shift=0)(np.array([50.0 * np.pi], "float32"))[0]
    np.testing.assert_allclose(outputs[1], 1.0, atol=1e-6)  # 10000 ** -(1/2)


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_angles_are_float32(policy, dtype):
    """999 is not a bfloat16 (1000 is): steps 999 and 1000 must not become the same angle."""
    layer = SinusoidalEmbedding(16, dtype=policy)
    steps = np.array([0, 1, 998, 999, 1000], dtype)
    expected = embedding(steps.astype("float64"), 16, 1, False)
    np.testing.assert_allclose(tf.cast(layer(steps), "float32"), expected, atol=5e-3)


@pytest.mark.parametrize("features", [0, 1, 7, -2])
def test_odd_widths(features):
    with pytest.raises(ValueError, match=f"even and positive. Received: {features}"):
        SinusoidalEmbedding(features)


def test_a_shift_that_leaves_no_frequency():
    with pytest.raises(ValueError, match=r"less than features / 2 = 1. Received: 1"):
        SinusoidalEmbedding(2)
