"""Two tiny generators and their exports, made once."""

import keras
import pytest
from keras import layers, ops

from keras_gans import images
from keras_gans.export import Card, export, load

LATENT_DIM = 6
NUM_CLASSES = 3


class TinyGenerator(keras.Model):
    """Latents, and classes if there are any, -> 8x8 images in [-1, 1]."""

    def __init__(self, num_classes=0, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.dense = layers.Dense(4 * 4 * 4, kernel_regularizer="l2")
        self.norm = layers.BatchNormalization()
        self.conv = layers.Conv2D(3, 3, padding="same", activation="tanh")

    def call(self, inputs, training=False):
        x = ops.concatenate(inputs, axis=-1) if self.num_classes else inputs
        x = self.norm(ops.reshape(self.dense(x), (-1, 4, 4, 4)), training=training)
        x = ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
        return self.conv(x)

    def endpoints(self):
        z = keras.InputSpec(shape=(None, LATENT_DIM), dtype="float32")
        if not self.num_classes:
            return {"default": (lambda z: images.to_unit(self(z)), {"z": z}), **self.mapping(z)}

        def default(z, y, truncation):
            return images.to_unit(self([z * ops.reshape(truncation, (-1, 1)), y]))

        y = keras.InputSpec(shape=(None, self.num_classes), dtype="float32")
        truncation = keras.InputSpec(shape=(), dtype="float32")
        return {"default": (default, {"z": z, "y": y, "truncation": truncation})}

    def mapping(self, z):
        return {"mapping": (lambda z: {"w": self.dense(z), "square": z**2}, {"z": z})}


@pytest.fixture(scope="session")
def make_network():
    def make(num_classes=0, seed=0):
        keras.utils.set_random_seed(seed)
        network = TinyGenerator(num_classes)
        z = keras.random.normal((2, LATENT_DIM))
        network([z, ops.ones((2, num_classes))] if num_classes else z)
        # Statistics of its own, so that inference differs from training.
        network.norm.moving_mean.assign(keras.random.normal((4,)))
        return network

    return make


class Other(keras.Model):
    """A network without weights, whose endpoints are given."""

    def __init__(self, endpoints):
        super().__init__()
        self.endpoints = lambda: endpoints


@pytest.fixture(scope="session")
def with_endpoints():
    """`with_endpoints({name: (function, specs)})` -> a network."""
    return Other


@pytest.fixture(scope="session")
def make_card():
    def make(**changes):
        facts = {
            "preset": "tiny_noise_8",
            "model": "Tiny",
            "paper": "1406.2661",
            "data": "noise",
            "data_license": "CC0-1.0",
            "images_seen": 1234,
        }
        return Card(**{**facts, **changes})

    return make


@pytest.fixture(scope="session")
def network(make_network):
    return make_network()


@pytest.fixture(scope="session")
def conditional_network(make_network):
    return make_network(NUM_CLASSES)


@pytest.fixture(scope="session")
def exported(network, make_card, once):
    def make(folder):
        export(network, folder / "tiny_noise_8" / "1", card=make_card())

    return once("exported", make) / "tiny_noise_8" / "1"


@pytest.fixture(scope="session")
def conditional(conditional_network, make_card, once):
    def make(folder):
        card = make_card(class_names=("cat", "dog", "hat"))
        export(conditional_network, folder / "tiny_noise_8" / "1", card=card)

    return once("conditional", make) / "tiny_noise_8" / "1"


@pytest.fixture(scope="session")
def loaded(exported):
    """`exported`, loaded once; tests that change its variables load it for themselves."""
    return load(exported)


@pytest.fixture(scope="session")
def loaded_conditional(conditional):
    return load(conditional)
