"""Finds the latents that give an image."""

import keras
import numpy as np
import tensorflow as tf


def invert(
    generate,
    targets,
    *,
    latent_dim,
    steps=200,
    learning_rate=0.01,
    norm_weight=1.0,
    seed=0,
    initial=None,
    progress=None,
):
    """Recovers latents from images by gradient descent through a generator.

    Per image, the loss is the absolute difference, averaged over channels and summed over pixels,
    plus `norm_weight | |z| - sqrt(latent_dim) |`, which keeps the latent near the hypersphere where
    normal latents lie.

    Args:
        generate: callable. Latents `(batch, latent_dim)` -> images `(batch, height, width,
            channels)`, or a dict with just them, as a loaded signature gives. Gradients must flow
            through it.
        targets: float tensor, `(batch, height, width, channels)`, in the range of `generate`: `[0,
            1]` for exports.
        latent_dim: int.
        steps: int. Steps of Adam.
        learning_rate: float.
        norm_weight: float. Weight of the penalty on the length; 0 means off.
        seed: int. Of the latents at which to start.
        initial: float tensor, `(batch, latent_dim)`. Where to start instead; `None` means at normal
            latents.
        progress: callable, called as `progress(step, losses)` ten times on the way. `None` means
            silence.

    Returns:
        Tuple `(latents, losses)`: float32 tensor `(batch, latent_dim)`, and the losses before each
        step, float32 tensor `(steps, batch)`.

    Raises:
        ValueError: the images of `generate` have another shape than `targets`.

    Example:
    ```python
    generate = keras_gans.export.load("savedmodels/progan_emoji_32").signatures["default"]
    target = generate(tf.random.normal([1, 512]))["default"]
    latents, losses = invert(generate, target, latent_dim=512)
    ```

    Reference:
        The TensorFlow Hub tutorial "Generate Artificial Faces with CelebA Progressive GAN Model",
        second half.
    """
    targets = tf.convert_to_tensor(targets, "float32")
    if initial is None:
        shape = (targets.shape[0], latent_dim)
        initial = tf.random.stateless_normal(shape, [seed, 0], alg="philox")
    latents = keras.Variable(initial, dtype="float32", name="latents")
    _check_shapes(generate, latents, targets)
    optimizer = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
    optimizer.build([latents])

    def step_losses():
        difference = tf.abs(_images(generate(latents.value.read_value())) - targets)
        difference = tf.reduce_sum(tf.reduce_mean(difference, axis=-1), axis=[1, 2])
        lengths = tf.norm(latents.value.read_value(), axis=-1)
        return difference + norm_weight * tf.abs(lengths - np.sqrt(latent_dim))  # (batch,)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([], "int32")])
    def run(count):
        def step(index, history):
            with tf.GradientTape() as tape:
                losses = step_losses()
            # Rows do not interact: the gradient of the sum holds the gradient of every row.
            optimizer.apply([tape.gradient(losses, latents.value)], [latents])
            return index + 1, history.write(index, losses)

        history = tf.TensorArray("float32", size=count, element_shape=targets.shape[:1])
        _, history = tf.while_loop(lambda index, _: index < count, step, (0, history))
        return history.stack()

    losses, chunk = [], max(1, steps // 10)
    for start in range(0, steps, chunk):
        losses.append(run(min(chunk, steps - start)))
        if progress is not None:
            progress(min(start + chunk, steps), losses[-1][-1].numpy())
    losses = tf.concat(losses, axis=0) if losses else tf.zeros([0, targets.shape[0]])
    return tf.convert_to_tensor(latents.value), losses


def _images(outputs):
    """Unpacks the dict that a signature returns."""
    if isinstance(outputs, dict):
        (outputs,) = outputs.values()
    return outputs


def _check_shapes(generate, latents, targets):
    images = _images(generate(tf.convert_to_tensor(latents.value)))
    if images.shape != targets.shape:
        raise ValueError(
            f"`targets` must have the shape of the generated images, {tuple(images.shape)}. "
            f"Received: {tuple(targets.shape)}"
        )
