import numpy as np
import pytest
import tensorflow as tf
from small_exports import Module, save

from keras_gans import hub
from keras_gans.hub.saved import class_index, in_batches


def test_what_an_export_tells(conditional):
    model = hub.load(conditional)
    assert (model.name, model.class_names) == ("painter_noise_4", ("cat", "dog", "hat"))
    assert str(model.directory) == conditional and model.card["model"] == "Painter"
    assert model.signatures == ("default", "image_bytes", "latents", "sample", "serving_default")
    assert repr(model) == (
        "Generator(name='painter_noise_4', latent_shape=(5,), image_shape=(4, 4, 3), num_classes=3, "
        f"class_names=('cat', 'dog', 'hat'), signatures={model.signatures})"
    )


def test_a_module_without_a_card(tmp_path):
    module = Module()
    path = save(
        tmp_path / "mine" / "3", module, default=(lambda z: {"x": module.images(z)}, {"z": (None, 5)})
    )
    model = hub.load(tmp_path / "mine")
    assert (model.card, model.name, model.class_names) == (None, "mine", ())
    assert str(model.directory) == path


def test_a_module_without_default(tmp_path):
    path = save(tmp_path, Module(), other=(lambda z: {"x": z}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match=r"signatures \['other'\]; this needs default"):
        hub.load(path)


def test_serving_default_stands_in(tmp_path):
    module = Module()
    path = save(tmp_path, module, serving_default=(lambda z: {"x": module.images(z)}, {"z": (None, 5)}))
    model = hub.load(path)
    z = model.latents([1, 2])
    np.testing.assert_array_equal(model.generate(z), module.images(z))


def test_class_index():
    names = ("cat", "dog", "hat")
    assert [class_index(label, names, 3) for label in ("hat", "1", 0, np.int64(2))] == [2, 1, 0, 2]
    assert class_index("7", (), 10) == 7
    numbers = ("0", "1", "10", "11", "2")
    assert [class_index(label, numbers, 5) for label in ("2", 2, np.str_("10"), np.int64(1))] == [4, 2, 2, 1]
    with pytest.raises(ValueError, match=r"must be one of 0, 1, 10, 11, 2\. Received: '3'"):
        class_index("3", numbers, 5)
    with pytest.raises(ValueError, match=r"from 0 to 9\. Received: 'hat'"):
        class_index("hat", (), 10)
    for wrong in ("cow", 3, -1, 1.0, True):
        with pytest.raises(ValueError, match="`label` must be a number from 0 to 2 or one of cat, dog, hat"):
            class_index(wrong, names, 3)
    with pytest.raises(ValueError, match="has classes: pass a `label`, a number from 0 to 2"):
        class_index(None, names, 3)


def test_in_batches():
    told, asked = [], []

    def make(part):
        asked.append((part.start, part.stop))
        return tf.range(part.start, part.stop)

    def progress(what, done, total):
        told.append((what, done, total))

    found = in_batches(make, 5, what="images", batch_size=2, progress=progress)
    assert found.tolist() == [0, 1, 2, 3, 4] and asked == [(0, 2), (2, 4), (4, 5)]
    assert told == [("images", 2, 5), ("images", 4, 5), ("images", 5, 5)]
    assert in_batches(make, 0, what="images").shape == (0,)
    with pytest.raises(ValueError, match=r"`batch_size` must be at least 1\. Received: 0"):
        in_batches(make, 5, what="images", batch_size=0)
