"""Exports, made once, and commands that fail."""

import types

import keras
import numpy as np
import pytest
from keras import ops

from keras_gans import cli, networks
from keras_gans.data.domains import TONES
from keras_gans.endpoints import Argument
from keras_gans.export import Card, export, load


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


class StyledPainter(Painter):
    """Latents and classes -> 6 styles of 8 numbers, sums of which colour a 4x4 image."""

    def endpoints(self):
        z = keras.InputSpec(shape=(None, 5), dtype="float32")
        y = keras.InputSpec(shape=(None, self.num_classes), dtype="float32")
        w = keras.InputSpec(shape=(None, 6, 8), dtype="float32")
        return {
            "default": (lambda z, y: self.synthesis(self.mapping(z, y)), {"z": z, "y": y}),
            "mapping": (self.mapping, {"z": z, "y": y}),
            "synthesis": (self.synthesis, {"w": w}),
        }

    def mapping(self, z, y):
        return ops.reshape(self.dense(ops.concatenate([z, y], axis=-1)), (-1, 6, 8))

    def synthesis(self, w):
        return ops.reshape(w, (-1, 4, 4, 3)) * 0.5 + 0.5


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
    """Images and labels -> images times 1/2, plus the tenth part of the labels' number in binary."""

    num_classes = 3

    def endpoints(self):
        images = Argument((None, None, None, 3), minimum=0.0, maximum=1.0, multiple=4, smallest=8)
        labels = Argument((None, self.num_classes), minimum=0.0, maximum=1.0)
        return {"default": (self.dyed, {"images": images, "labels": labels})}

    def dyed(self, images, labels):
        added = ops.sum(labels * [0.1 * 2**i for i in range(self.num_classes)], axis=-1)
        return self(images) + added[:, None, None, None]


class Keeper(Dyer):
    """Images stay what they are, whatever is asked for."""

    num_classes = 6

    def dyed(self, images, labels):
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


def make_styled(path):
    """Writes a tiny StyleGAN2 whose average style is not zero."""
    keras.utils.set_random_seed(0)
    network = networks.StyleGAN2Generator(
        resolution=8, latent_dim=8, style_dim=8, mapping_layers=2, channel_base=64, channel_max=8
    )
    network.style_average.average.assign(np.linspace(-1.0, 1.0, 8))
    for layer in network.synthesis.layers:
        if layer.name.endswith("_noise"):  # strengths start at zero, where nothing could be seen
            layer.strength.assign(0.5)
    return types.SimpleNamespace(path=write(path, network), network=network, model=load(path))


def write(path, network, class_names=()):
    card = Card(
        preset="painter_noise_4",
        model="Painter",
        paper="none",
        data="noise",
        data_license="CC0-1.0",
        images_seen=0,
        class_names=class_names,
    )
    return str(export(network, path, card=card))


@pytest.fixture(scope="session")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("savedmodels") / "painter_noise_4"
    make(folder / "1")
    return str(folder)


@pytest.fixture(scope="session")
def conditional(tmp_path_factory):
    return make(tmp_path_factory.mktemp("savedmodels") / "1", 3, ("cat", "dog", "hat"))


@pytest.fixture(scope="session")
def styled(tmp_path_factory):
    """Path of an exported StyleGAN2, the network, and the loaded export."""
    return make_styled(tmp_path_factory.mktemp("savedmodels") / "1")


@pytest.fixture(scope="session")
def styled_classes(tmp_path_factory):
    """A generator with styles and classes that takes no truncation."""
    keras.utils.set_random_seed(0)
    network = StyledPainter(3)
    network(ops.zeros((1, 8)))
    path = tmp_path_factory.mktemp("savedmodels") / "1"
    return write(path, network, ("cat", "dog", "hat"))


@pytest.fixture(scope="session")
def darkener(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Darkener())


@pytest.fixture(scope="session")
def noisy_darkener(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Darkener(resolution=8, seeds=True))


@pytest.fixture(scope="session")
def grey_darkener(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Darkener(channels=1))


@pytest.fixture(scope="session")
def dyer(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Dyer(), ("cat", "dog", "fox"))


@pytest.fixture(scope="session")
def keeper(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Keeper(), TONES)


@pytest.fixture(scope="session")
def styler(tmp_path_factory):
    return write(tmp_path_factory.mktemp("savedmodels") / "1", Styler(), ("cat", "dog", "fox"))


@pytest.fixture
def fails(capsys):
    """`fails(*argv)` runs a command that must fail and returns the line that it prints."""

    def run(*argv):
        with pytest.raises(SystemExit) as exit:
            cli.main(list(argv))
        printed = capsys.readouterr().err
        assert exit.value.code == 2
        assert printed.startswith("keras-gans: error: ") and printed.count("\n") == 1
        return printed

    return run
