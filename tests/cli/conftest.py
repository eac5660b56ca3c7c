"""Two exports, made once, and commands that fail."""

import keras
import pytest
from keras import ops

from keras_gans import cli
from keras_gans.export import Card, export


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


def make(path, num_classes=0, class_names=()):
    keras.utils.set_random_seed(0)
    network = Painter(num_classes)
    network(ops.zeros((1, 5 + num_classes)))
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
