import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import assert_close, random_inputs, randomize
from keras_gans.layers import SpatialAttention

WEIGHTS = {
    f"{name}_{kind}": (6, 6) if kind == "kernel" else (6,)
    for name in ("query", "key", "value", "output")
    for kind in ("kernel", "bias")
}


def attention(x, head_dim, **weights):
    """One example, one head and one pixel after the other."""
    y = np.empty_like(x)
    for example, pixels in enumerate(x.reshape(len(x), -1, x.shape[-1])):
        q, k, v = (
            pixels @ weights[f"{name}_kernel"] + weights[f"{name}_bias"] for name in ("query", "key", "value")
        )
        mixed = np.empty_like(pixels)
        for start in range(0, x.shape[-1], head_dim):
            head = slice(start, start + head_dim)
            for pixel in range(len(pixels)):
                logits = k[:, head] @ q[pixel, head] / np.sqrt(head_dim)
                share = np.exp(logits - logits.max())
                mixed[pixel, head] = share @ v[:, head] / share.sum()
        y[example] = (mixed @ weights["output_kernel"] + weights["output_bias"]).reshape(x.shape[1:])
    return y


@pytest.mark.parametrize("head_dim", [None, 6, 3, 1])
def test_spatial_attention(head_dim):
    check_layer(
        SpatialAttention,
        arguments={"head_dim": head_dim},
        shapes=[(3, 4, 2, 6)],
        weights=WEIGHTS,
        reference=lambda x, **weights: attention(x, head_dim or 6, **weights),
        tolerance=2e-5,
    )


def test_open_sizes():
    layer = SpatialAttention(head_dim=3)
    layer.build((None, None, None, 6))
    randomize(layer)
    traced = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 6))])
    for shape in ((3, 4, 2, 6), (1, 2, 5, 6)):
        x = random_inputs([shape])
        assert_close(traced(x), layer(x))


def test_starts_at_zero():
    layer = SpatialAttention()
    np.testing.assert_array_equal(layer(random_inputs([(2, 3, 3, 8)])), 0.0)
    for name in ("query", "key", "value"):  # Glorot uniform: a variance of 2 / (fan_in + fan_out)
        kernel = SpatialAttention()
        kernel.build((None, 4, 4, 128))
        np.testing.assert_allclose(np.var(getattr(kernel, f"{name}_kernel")), 1 / 128, rtol=0.05)


def test_large_logits_in_half_precision():
    """Logits of 1000 pass, as the softmax is float32."""
    layer = SpatialAttention(dtype="mixed_float16")
    layer.build((None, 2, 2, 4))
    randomize(layer)
    layer.query_kernel.assign(30.0 * np.eye(4))
    layer.key_kernel.assign(30.0 * np.eye(4))
    assert np.isfinite(layer(random_inputs([(2, 2, 2, 4)]))).all()


@pytest.mark.parametrize("head_dim", [4, 12, 0, -2])
def test_heads_that_do_not_divide(head_dim):
    with pytest.raises(ValueError, match=f"head_dim={head_dim}, channels=6"):
        SpatialAttention(head_dim=head_dim)(np.zeros((1, 2, 2, 6)))
