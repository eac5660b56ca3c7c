"""Generators from latents, with or without classes."""

import keras
from keras import ops

from keras_gans import images
from keras_gans.serialization import Network


class LatentGenerator(Network):
    """Base of the generators from normal latents: what goes in, what comes out, and what an export offers.

    A subclass says which of these arguments it has as they stand here, and what its others are.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        latent_dim: int. Width of the latent vectors.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; images are float32 under every
            policy. `None` means the global policy.

    Input shape:
        latents: `(batch, latent_dim)`, float, standard normal. With `num_classes`, a list
        `[latents, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Images, `(batch, resolution, resolution, channels)`, float32, in `[-1, 1]`.
    """

    def endpoints(self):
        """What an export of this network offers: name -> (function, input signature). Images in `[0, 1]`.

        `default(z)`, or `default(z, y, truncation)` of a generator with classes: latents are multiplied by
        `truncation`, labels are one-hot.
        """
        z = keras.InputSpec(shape=(None, self.latent_dim), dtype="float32")
        if not self.num_classes:
            return {"default": (lambda z: images.to_unit(self.infer(z)), {"z": z})}

        def default(z, y, truncation):
            z = z * ops.reshape(truncation, (-1, 1))
            return images.to_unit(self.infer([z, ops.argmax(y, axis=-1)]))

        y = keras.InputSpec(shape=(None, self.num_classes), dtype="float32")
        truncation = keras.InputSpec(shape=(), dtype="float32")
        return {"default": (default, {"z": z, "y": y, "truncation": truncation})}
