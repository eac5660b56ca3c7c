"""Tiny networks and their exports, each made once in a session and only when a test asks for it."""

import json
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_gans import diffusion, hub
from keras_gans.data.domains import TONES
from keras_gans.endpoints import Argument
from keras_gans.export import Card, export
from keras_gans.random import counter_normal


class Painter(keras.Model):
    """Latents, and classes if there are any, -> 4x4 images in [-1, 1]."""

    def __init__(self, num_classes=0):
        super().__init__()
        self.num_classes = num_classes
        self.dense = keras.layers.Dense(48, activation="tanh")

    def call(self, inputs):
        return ops.reshape(self.dense(inputs), (-1, 4, 4, 3))

    def endpoints(self):
        z = keras.InputSpec(shape=(None, 5), dtype="float32")
        if not self.num_classes:
            return {"default": (lambda z: self(z) * 0.5 + 0.5, {"z": z})}

        def default(z, y, truncation):
            z = z * ops.reshape(truncation, (-1, 1))
            return self(ops.concatenate([z, y], axis=-1)) * 0.5 + 0.5

        y = keras.InputSpec(shape=(None, self.num_classes), dtype="float32")
        truncation = keras.InputSpec(shape=(), dtype="float32")
        return {"default": (default, {"z": z, "y": y, "truncation": truncation})}


class Darkener(keras.Model):
    """Images times a weight, 1/2; backward, times 2; with seeds, plus seed / 255."""

    def __init__(self, *, resolution=None, seeds=False, channels=3):
        super().__init__()
        self.resolution, self.seeds, self.channels = resolution, seeds, channels
        self.factor = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5))
        self.built = True

    def call(self, images):
        return images * self.factor

    def endpoints(self):
        shape = (None, self.resolution, self.resolution, self.channels)
        images = Argument(shape, minimum=0.0, maximum=1.0, multiple=4, smallest=8)
        if self.seeds:
            seeds = keras.InputSpec(shape=(None,), dtype="int64")
            return {
                "default": (lambda images: self(images), {"images": images}),
                "with_seeds": (self.noisy, {"images": images, "seeds": seeds}),
            }
        return {
            "default": (lambda images: self(images), {"images": images}),
            "backward": (lambda images: ops.minimum(2.0 * images, 1.0), {"images": images}),
        }

    def noisy(self, images, seeds):
        return self(images) + ops.cast(seeds, "float32")[:, None, None, None] / 255.0


class Dyer(Darkener):
    """Images and domains -> images times 1/2, plus the tenth part of the domains' number in binary."""

    num_classes = 3

    def endpoints(self):
        images = Argument((None, None, None, 3), minimum=0.0, maximum=1.0, multiple=4, smallest=8)
        domains = Argument((None, self.num_classes), minimum=0.0, maximum=1.0)
        return {"default": (self.dyed, {"images": images, "domains": domains})}

    def dyed(self, images, domains):
        added = ops.sum(domains * [0.1 * 2**i for i in range(self.num_classes)], axis=-1)
        return self(images) + added[:, None, None, None]


class Keeper(Dyer):
    """Images stay what they are, whatever is asked for."""

    num_classes = 6

    def dyed(self, images, domains):
        return images


class Styler(Darkener):
    """Images of 8 px and styles of one number -> images times 1/2, plus the style.

    The style of a reference is a tenth of its mean plus that of the domain's number; that of latents, the
    same with the sigmoid of their sum for the mean.
    """

    num_classes = 3

    def endpoints(self):
        images = Argument((None, 8, 8, 3), minimum=0.0, maximum=1.0)
        styles, z, y = (keras.InputSpec(shape=(None, size), dtype="float32") for size in (1, 4, 3))

        def style(mean, y):
            return 0.1 * (mean[:, None] + ops.cast(ops.argmax(y, axis=-1), "float32")[:, None])

        return {
            "default": (
                lambda images, styles: self(images) + styles[:, None, None],
                {"images": images, "styles": styles},
            ),
            "style_from_latent": (lambda z, y: style(ops.sigmoid(ops.sum(z, axis=-1)), y), {"z": z, "y": y}),
            "style_from_reference": (
                lambda images, y: style(ops.mean(images, axis=(1, 2, 3)), y),
                {"images": images, "y": y},
            ),
        }


def make(path, num_classes=0, class_names=()):
    keras.utils.set_random_seed(0)
    network = Painter(num_classes)
    network(ops.zeros((1, 5 + num_classes)))
    return write(path, network, class_names)


def card_of(class_names=()):
    return Card(
        preset="painter_noise_4",
        model="Painter",
        paper="none",
        data="noise",
        data_license="CC0-1.0",
        images_seen=0,
        class_names=class_names,
    )


def write(path, network, class_names=()):
    return str(export(network, path, card=card_of(class_names)))


@pytest.fixture(scope="session")
def preset(once):
    return str(once("preset", lambda folder: make(folder / "painter_noise_4" / "1")) / "painter_noise_4")


@pytest.fixture(scope="session")
def conditional(once):
    classes = ("cat", "dog", "hat")
    return str(once("conditional_painter", lambda folder: make(folder / "1", 3, classes)) / "1")


@pytest.fixture(scope="session")
def darkener(once):
    return str(once("darkener", lambda folder: write(folder / "1", Darkener())) / "1")


@pytest.fixture(scope="session")
def noisy_darkener(once):
    return str(
        once("noisy_darkener", lambda folder: write(folder / "1", Darkener(resolution=8, seeds=True))) / "1"
    )


@pytest.fixture(scope="session")
def grey_darkener(once):
    return str(once("grey_darkener", lambda folder: write(folder / "1", Darkener(channels=1))) / "1")


@pytest.fixture(scope="session")
def dyer(once):
    return str(once("dyer", lambda folder: write(folder / "1", Dyer(), ("cat", "dog", "fox"))) / "1")


@pytest.fixture(scope="session")
def keeper(once):
    return str(once("keeper", lambda folder: write(folder / "1", Keeper(), TONES)) / "1")


@pytest.fixture(scope="session")
def styler(once):
    return str(once("styler", lambda folder: write(folder / "1", Styler(), ("cat", "dog", "fox"))) / "1")


class Module(tf.Module):
    """A generator of somebody else's: images of latents of 5 numbers, in `[low, 1]`."""

    def __init__(self, height=4, width=4, low=0.0):
        super().__init__()
        self.height, self.width, self.low = height, width, low
        self.matrix = tf.Variable(tf.random.stateless_normal((5, height * width * 3), (1, 2)))

    def images(self, z):
        pixels = tf.sigmoid(z @ self.matrix) * (1.0 - self.low) + self.low
        return tf.reshape(pixels, (-1, self.height, self.width, 3))


def save(path, module, **signatures):
    """Saves functions with the shapes, or specifications, of their inputs: name = (function, {input: it})."""
    concrete = {}
    for name, (function, inputs) in signatures.items():
        specs = {
            key: tf.TensorSpec(given.shape, given.dtype, name=key)
            if isinstance(given, tf.TensorSpec)
            else tf.TensorSpec(given, "float32", name=key)
            for key, given in inputs.items()
        }
        concrete[name] = tf.function(function).get_concrete_function(**specs)
    module.functions = concrete
    tf.saved_model.save(module, str(path), signatures=concrete)
    return str(path)


class Stylist(tf.Module):
    """A generator of somebody else's with 4 styles of 8 numbers: 8x8 images in [-1, 1], with stored noise."""

    average = np.linspace(-1.0, 1.0, 8, dtype="float32")

    def __init__(self):
        super().__init__()
        self.mapper = tf.Variable(tf.random.stateless_normal((8, 32), (1, 2)))
        self.painter = tf.Variable(tf.random.stateless_normal((32, 192), (3, 4)) / 4.0)

    def styles(self, z):
        return tf.reshape(tf.tanh(z @ self.mapper / 3.0), (-1, 4, 8))

    def truncate(self, styles, truncation):
        return self.average + truncation * (styles - self.average)

    def noise_of(self, seeds, strength):
        places = tf.range(192, dtype="float32")
        return strength * tf.sin(tf.cast(seeds, "float32")[:, None] + 1.7 * places)

    def synthesize(self, styles, noise=None):
        noise = self.noise_of(tf.fill(tf.shape(styles)[:1], 1000), 1.0) if noise is None else noise
        pixels = tf.tanh(tf.reshape(styles, (-1, 32)) @ self.painter + 0.3 * noise)
        return tf.reshape(pixels, (-1, 8, 8, 3))

    def in_unit(self, styles, noise=None):
        return self.synthesize(styles, noise) * 0.5 + 0.5


@pytest.fixture(scope="session")
def styled(tmp_path_factory):
    """Path of a saved `Stylist`, the module itself, and what `hub.load` makes of it."""
    module, path = Stylist(), tmp_path_factory.mktemp("savedmodels") / "stylist" / "1"

    def mapping(z, truncation):
        return {"mapping": module.truncate(module.styles(z), truncation)}

    def synthesis_with_noise(w, seeds, strength):
        return {"synthesis_with_noise": module.in_unit(w, module.noise_of(seeds, strength))}

    def latents(seeds):
        return {"latents": counter_normal(seeds, tf.zeros_like(seeds), (8,))}

    z, w, seeds = (None, 8), (None, 4, 8), tf.TensorSpec((None,), "int64")
    save(
        path,
        module,
        default=(lambda z: {"default": module.in_unit(module.styles(z))}, {"z": z}),
        latents=(latents, {"seeds": seeds}),
        mapping=(mapping, {"z": z, "truncation": ()}),
        synthesis=(lambda w: {"synthesis": module.in_unit(w)}, {"w": w}),
        synthesis_with_noise=(synthesis_with_noise, {"w": w, "seeds": seeds, "strength": ()}),
    )
    return types.SimpleNamespace(path=str(path), network=module, model=hub.load(path))


@pytest.fixture(scope="session")
def styled_classes(tmp_path_factory):
    """Path of a generator with 3 classes and 6 styles of 8 numbers, one after another a 4x4 image."""
    module, path = tf.Module(), tmp_path_factory.mktemp("savedmodels") / "1"
    module.matrix = tf.Variable(tf.random.stateless_normal((8, 48), (1, 2)))

    def mapping(z, y):
        return {"mapping": tf.reshape(tf.tanh(tf.concat([z, y], axis=-1) @ module.matrix), (-1, 6, 8))}

    def synthesis(w):
        return {"synthesis": tf.reshape(w, (-1, 4, 4, 3)) * 0.5 + 0.5}

    inputs = {"z": (None, 5), "y": (None, 3)}
    save(
        path,
        module,
        default=(lambda z, y: {"default": synthesis(**{"w": mapping(z, y)["mapping"]})["synthesis"]}, inputs),
        mapping=(mapping, inputs),
        synthesis=(synthesis, {"w": (None, 6, 8)}),
    )
    content = {"preset": "styles_noise_4", "class_names": ["cat", "dog", "hat"], "signatures": {}}
    (path / "card.json").write_text(json.dumps({**content, "max_samples": None, "metrics": {}}))
    return str(path)


class Diffuser(tf.Module):
    """A diffusion model of somebody else's, with 20 timesteps and two classes: 4x4 images."""

    timesteps, steps = 20, 4

    def __init__(self):
        super().__init__()
        self.gain = tf.Variable(0.3)

    def denoise(self, x, t, labels, guidance):
        told = tf.cast(labels, "float32") * guidance + tf.cast(t, "float32") / 10.0
        unit = tf.sigmoid(self.gain * x + told[:, None, None, None])
        alpha, sigma = self.rates(t)
        return {"images": unit, "noise": (x - alpha * (2.0 * unit - 1.0)) / tf.maximum(sigma, 0.1)}

    def diffuse(self, images, noise, t):
        alpha, sigma = self.rates(t)
        return {"diffuse": alpha * (2.0 * images - 1.0) + sigma * noise}

    def rates(self, t):
        share = (tf.cast(t, "float32") / self.timesteps)[:, None, None, None]
        return tf.sqrt(1.0 - share), tf.sqrt(share)

    def ddim(self, z, labels, guidance):
        x = tf.reshape(z, (-1, 4, 4, 3))
        times = [int(t) for t in diffusion.trailing(self.timesteps, self.steps, np.arange(self.steps))]
        for t, previous in zip(times, [*times[1:], 0], strict=True):
            rows = tf.shape(x)[:1]
            said = self.denoise(x, tf.fill(rows, t), labels, guidance)
            x = self.diffuse(**said, t=tf.fill(rows, previous))["diffuse"]
        return tf.clip_by_value(x * 0.5 + 0.5, 0.0, 1.0)

    def default(self, z):
        return {"default": self.ddim(z, tf.fill(tf.shape(z)[:1], -1), 1.0)}

    def guided(self, z, labels, guidance):
        return {"guided": self.ddim(z, labels, guidance)}

    def sample(self, num, seed, steps, eta, labels, guidance):
        """No image by steps: what was asked for can be read from it."""
        told = tf.cast(steps, "float32") / 100.0 + eta / 10.0 + guidance / 1000.0
        images = tf.fill([tf.cast(num, "int32"), 4, 4, 3], told + tf.cast(seed, "float32") / 10000.0)
        return {"sample": images + tf.cast(labels, "float32")[:, None, None, None] / 5.0 + 0.2}

    def inpaint(self, images, mask, seeds, steps, jump_length, resamplings, labels, guidance):
        """No image either, where the mask is 0: what was asked for."""
        told = tf.cast(steps, "float32") / 100.0 + tf.cast(jump_length, "float32") / 1e3 + guidance / 1e4
        told += tf.cast(resamplings, "float32") / 1e5 + tf.cast(seeds, "float32") / 1e3
        told = (told + tf.cast(labels, "float32") / 10.0 + 0.2)[:, None, None, None]
        return {"inpaint": tf.where(mask == 1.0, images, mask * images + (1.0 - mask) * told)}

    def vary(self, images, strength, seeds, steps, labels, guidance):
        mask = (1.0 - strength)[:, None, None, None] * tf.ones_like(images[..., :1])
        return {"vary": self.inpaint(images, mask, seeds, steps, 0, 0, labels, guidance)["inpaint"]}

    def invert(self, images, steps):
        return {"invert": tf.reshape(images, (-1, 48)) * tf.cast(steps, "float32")}


@pytest.fixture(scope="session")
def diffusing(tmp_path_factory):
    """Path of a `Diffuser`, with the signatures that ours have, and with a card."""
    module, path = Diffuser(), tmp_path_factory.mktemp("savedmodels") / "1"
    rows, integer, whole = (None, 4, 4, 3), tf.TensorSpec((), "int64"), tf.TensorSpec((None,), "int32")
    condition = {"labels": whole, "guidance": ()}
    edited = {"images": rows, "seeds": tf.TensorSpec((None,), "int64"), "steps": integer, **condition}
    jumps = {"jump_length": integer, "resamplings": integer}
    inputs = {
        "default": {"z": (None, 48)},
        "guided": {"z": (None, 48), **condition},
        "denoise": {"x": rows, "t": whole, **condition},
        "diffuse": {"images": rows, "noise": rows, "t": whole},
        "sample": {"num": integer, "seed": integer, "steps": integer, "eta": (), **condition},
        "invert": {"images": rows, "steps": integer},
        "inpaint": {**edited, **jumps, "mask": (None, 4, 4, 1)},
        "vary": {**edited, "strength": (None,)},
    }
    save(path, module, **{name: (getattr(module, name), given) for name, given in inputs.items()})
    described = {
        "default": {
            "inputs": {"z": {"shape": [None, 48]}},
            "outputs": {"default": {"shape": list(rows)}},
        },
        "guided": {"inputs": {"labels": {"limits": [-1, 1]}}},
        "denoise": {"inputs": {"t": {"limits": [1, 20]}, "x": {"shape": list(rows)}}},
        "inpaint": {"inputs": {name: {"limits": [1, 20]} for name in ("steps", *jumps)}},
        "vary": {"inputs": {"steps": {"limits": [1, 20]}}},
    }
    content = {"preset": "diffuser_noise_4", "class_names": ["cat", "hat"], "signatures": described}
    (Path(path) / "card.json").write_text(json.dumps({**content, "max_samples": 1024, "metrics": {}}))
    return str(path)
