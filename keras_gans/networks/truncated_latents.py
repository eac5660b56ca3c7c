"""The truncation trick of generators whose normalisation has statistics for every truncation."""

import math

import keras
from keras import ops

from keras_gans import images
from keras_gans.once import Once
from keras_gans.random import counter_normal


def truncated(latents, truncation, threshold=2.0):
    """Turns standard normal latents into those with which a truncated generator is shown.

    `z' = truncation * sqrt(2) erfinv(erf(z / sqrt(2)) erf(threshold / sqrt(2)))`: element by element, the
    increasing map from the normal distribution to the one cut off at `threshold`, then scaled.

    Args:
        latents: float tensor, `(batch, latent_dim)`, standard normal.
        truncation: float or float tensor, `(batch, 1)`, in `[0, 1]`.
        threshold: float. Where the normal distribution is cut off.

    Returns:
        float32 tensor like `latents`, within `truncation * [-threshold, threshold]`.

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), section 3.1, with the scale by which its published
        modules are used. There, values outside are drawn again; the distribution is the same.
    """
    share = ops.erf(ops.cast(latents, "float32") / math.sqrt(2.0)) * math.erf(threshold / math.sqrt(2.0))
    return truncation * (math.sqrt(2.0) * ops.erfinv(share))


class TruncatedEndpoints:
    """Endpoints of a conditional generator whose statistics at inference follow the truncation.

    For a network with `latent_dim`, `num_classes` and `graph(latents, classes, truncation)`, which returns
    images from symbolic inputs: classes float `(batch, num_classes)`, truncation float `(batch, 1)`.
    """

    def endpoints(self):
        """What an export offers: name -> (function, input signature).

        `default(z, y, truncation)` gives images in `[0, 1]`, `signed` the same in `[-1, 1]`. `z` is taken as
        it is: by convention it is `truncation` times normal numbers cut off at +-2. `y` is one-hot, or a
        mixture of classes, which mixes their embeddings. `truncation` in `(0, 1]`, one for all or one for
        each example, selects the statistics of the normalisation. `sample` is `default` for standard normal
        `z`, which it truncates; `latents(seeds, truncation)` gives the `z` of index 0 of each seed, which it
        truncates too.
        """
        z = keras.Input((self.latent_dim,), name="z")
        y = keras.Input((self.num_classes,), name="y")
        level = keras.Input((1,), name="truncation")
        view = keras.Model([z, y, level], self.graph(z, y, level))
        infer = Once(lambda inputs: view(inputs, training=False), view)

        def signed(z, y, truncation):
            truncation = ops.broadcast_to(ops.reshape(truncation, (-1, 1)), (ops.shape(z)[0], 1))
            inputs = [ops.convert_to_tensor(tensor, "float32") for tensor in (z, y, truncation)]
            return infer(inputs)

        def default(z, y, truncation):
            return images.to_unit(signed(z, y, truncation))

        def sample(z, y, truncation):
            return default(truncated(z, ops.reshape(truncation, (-1, 1))), y, truncation)

        def latents(seeds, truncation):
            z = counter_normal(seeds, ops.zeros_like(seeds), (self.latent_dim,))
            return truncated(z, ops.reshape(truncation, (-1, 1)))

        level = {"truncation": keras.InputSpec(shape=(), dtype="float32")}
        specs = {
            "z": keras.InputSpec(shape=(None, self.latent_dim), dtype="float32"),
            "y": keras.InputSpec(shape=(None, self.num_classes), dtype="float32"),
            **level,
        }
        return {
            "default": (default, specs),
            "signed": (signed, specs),
            "sample": (sample, specs),
            "latents": (latents, {"seeds": keras.InputSpec(shape=(None,), dtype="int64"), **level}),
        }
