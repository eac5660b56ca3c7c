"""A denoiser of two layers, for tests that trace it many times."""

import keras
from keras import layers, ops

from keras_gans.serialization import Network


@keras.saving.register_keras_serializable("tests")
class Denoiser(Network):
    """As `UNet` from the outside: `[images, timesteps]`, and with classes labels, of which -1 is none."""

    def __init__(
        self, *, resolution=8, channels=3, num_classes=0, learned_variance=False, dtype=None, name="denoiser"
    ):
        images = keras.Input((resolution, resolution, channels), name="images")
        timesteps = keras.Input((), name="timesteps")
        inputs = [images, timesteps]
        shift = layers.Dense(4, name="time")(timesteps[:, None] / 20.0)
        if num_classes:
            inputs.append(keras.Input((), dtype="int32", name="labels"))
            one_hot = ops.one_hot(inputs[-1], num_classes, dtype="float32")
            shift = shift + layers.Dense(4, use_bias=False, name="label")(one_hot)
        x = layers.Conv2D(4, 3, padding="same", name="first")(images)
        x = ops.tanh(x + shift[:, None, None])
        outputs = layers.Conv2D((1 + learned_variance) * channels, 3, padding="same", name="last")(x)
        super().__init__(inputs, outputs)
