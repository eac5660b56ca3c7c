import numpy as np
import pytest
import tensorflow as tf

from keras_gans import latent

DIM = 8


@pytest.fixture(scope="module")
def signature(tmp_path_factory):
    """A loaded signature that makes 4x4 images from latents."""
    path = str(tmp_path_factory.mktemp("signature"))
    module = tf.Module()
    module.kernel = tf.Variable(tf.random.stateless_normal((DIM, 48), [0, 0]) * 0.5)

    @tf.function(input_signature=[tf.TensorSpec((None, DIM), "float32", name="z")])
    def default(z):
        return {"default": tf.reshape(tf.sigmoid(z @ module.kernel), (-1, 4, 4, 3))}

    module.default = default
    tf.saved_model.save(module, path, signatures={"default": default})
    loaded = tf.saved_model.load(path)
    loaded.signatures["default"].owner = loaded
    return loaded.signatures["default"]


def test_recovers_latents_through_a_signature(signature):
    z = tf.random.stateless_normal((2, DIM), [5, 0])
    z *= np.sqrt(DIM) / tf.norm(z, axis=1, keepdims=True)  # where the penalty is zero
    targets = signature(z)["default"]
    seen = []
    found, losses = latent.invert(
        signature,
        targets,
        latent_dim=DIM,
        steps=300,
        learning_rate=0.05,
        progress=lambda step, losses: seen.append(step),
    )
    assert losses.shape == (300, 2) and seen == list(range(30, 301, 30))
    assert (losses[-1].numpy() < 0.05 * losses[0].numpy()).all()
    np.testing.assert_allclose(found, z, atol=0.05)


def test_loss_and_first_step_by_hand():
    """Images are z as one pixel: the loss is |z - target| + | |z| - 1 |; Adam moves by its rate."""

    def generate(z):
        return tf.reshape(z, (-1, 1, 1, 1))

    step = {"latent_dim": 1, "steps": 1, "initial": tf.constant([[3.0], [-2.0]])}
    found, losses = latent.invert(generate, tf.zeros((2, 1, 1, 1)), learning_rate=0.1, **step)
    np.testing.assert_allclose(losses, [[3.0 + 2.0, 2.0 + 1.0]], rtol=1e-6)
    np.testing.assert_allclose(found, [[2.9], [-1.9]], atol=1e-5)
    _, losses = latent.invert(generate, tf.zeros((2, 1, 1, 1)), norm_weight=0.0, **step)
    np.testing.assert_allclose(losses, [[3.0, 2.0]], rtol=1e-6)


def test_seed_and_independent_rows(signature):
    targets = signature(tf.random.stateless_normal((3, DIM), [1, 0]))["default"]
    options = {"latent_dim": DIM, "steps": 7}
    first, _ = latent.invert(signature, targets, seed=3, **options)
    same, _ = latent.invert(signature, targets, seed=3, **options)
    other, _ = latent.invert(signature, targets, seed=4, **options)
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.1
    start = tf.random.stateless_normal((3, DIM), [3, 0], alg="philox")
    alone, _ = latent.invert(signature, targets[1:2], initial=start[1:2], **options)
    np.testing.assert_allclose(alone[0], first[1], atol=1e-5)


def test_no_steps_and_wrong_shapes(signature):
    targets = tf.zeros((2, 4, 4, 3))
    found, losses = latent.invert(signature, targets, latent_dim=DIM, steps=0)
    assert found.shape == (2, DIM) and losses.shape == (0, 2)
    with pytest.raises(ValueError, match=r"\(2, 4, 4, 3\).*\(2, 4, 4, 4\)"):
        latent.invert(signature, tf.zeros((2, 4, 4, 4)), latent_dim=DIM)
