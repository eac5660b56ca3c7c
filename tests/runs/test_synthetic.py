import json

import numpy as np
import pytest
from PIL import Image

from keras_gans import data, hub, images, runs
from keras_gans.runs import synthetic


@pytest.fixture(scope="module")
def model(conditional):
    return hub.load(conditional)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def pixels(path):
    return np.asarray(Image.open(path))


def test_a_labelled_set_is_read_back(model, tmp_path):
    told = []
    counts = runs.generate_files(
        model, tmp_path, per_class=2, batch_size=4, progress=lambda *all: told.append(all)
    )
    assert counts == {"cat": 2, "dog": 2, "hat": 2} and told == [("images", 4, 6), ("images", 6, 6)]
    assert names(tmp_path) == [
        *("cat/generated-000000000000.png", "cat/generated-000000000003.png"),
        *("dog/generated-000000000001.png", "dog/generated-000000000004.png"),
        *("hat/generated-000000000002.png", "hat/generated-000000000005.png"),
    ]
    expected = images.unit_to_uint8(model.generate(model.latents([4]), label="dog"))[0]
    np.testing.assert_array_equal(pixels(tmp_path / "dog" / "generated-000000000004.png"), expected)
    source = data.ImageFolder(tmp_path, split="all")
    assert source.class_names == ("cat", "dog", "hat")
    assert np.bincount(source.labels).tolist() == [2, 2, 2]


def test_a_set_that_was_killed_goes_on(model, tmp_path, monkeypatch):
    """Files are whole or not there; what is there is not made again; until the end nothing is labelled."""
    original, calls = type(model).generate, []

    def dies(self, latents, **options):
        calls.append(len(latents))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(self, latents, **options)

    monkeypatch.setattr(type(model), "generate", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.generate_files(model, tmp_path, per_class=3, batch_size=4)
    there = names(tmp_path)
    assert len(there) == 4 and json.loads((tmp_path / "dataset.json").read_text())["labels"] == []
    with pytest.raises(ValueError, match=r"has no label for 4 of 4 images"):
        data.ImageFolder(tmp_path, split="all")
    runs.generate_files(model, tmp_path, per_class=3, batch_size=4)
    assert calls[2:] == [4, 1] and set(there) < set(names(tmp_path))
    runs.generate_files(model, tmp_path / "whole", per_class=3)
    for name in names(tmp_path / "whole"):
        np.testing.assert_array_equal(pixels(tmp_path / name), pixels(tmp_path / "whole" / name))
    assert runs.generate_files(model, tmp_path, per_class=4)["cat"] == 4


def test_classes_are_filled_up(model, tmp_path):
    (tmp_path / "dog").mkdir()
    for number in range(3):
        images.write_png(tmp_path / "dog" / f"real{number}.png", np.zeros((4, 4, 3), "uint8"))
    assert runs.generate_files(model, tmp_path, per_class=2, balance=True) == {"cat": 2, "dog": 3, "hat": 2}
    assert runs.generate_files(model, tmp_path, per_class=4, balance=True) == {"cat": 4, "dog": 4, "hat": 4}
    labels = json.loads((tmp_path / "dataset.json").read_text())["labels"]
    assert ["dog/real0.png", 1] in labels and len(labels) == 12


def test_a_set_without_classes(preset, tmp_path):
    model = hub.load(preset)
    assert runs.generate_files(model, tmp_path, seeds=[3, 5]) == {"images": 2}
    expected = images.unit_to_uint8(model.generate(model.latents([5])))[0]
    np.testing.assert_array_equal(pixels(tmp_path / "generated-000000000005.png"), expected)
    assert len(data.ImageFolder(tmp_path, split="all")) == 2


def test_what_does_not_fit(model, preset, tmp_path):
    other = hub.load(preset)
    with pytest.raises(ValueError, match=r"Pass either `per_class` or `seeds`"):
        runs.generate_files(model, tmp_path)
    with pytest.raises(ValueError, match=r"painter_noise_4 has no classes"):
        runs.generate_files(other, tmp_path, per_class=2)
    with pytest.raises(ValueError, match=r"painter_noise_4 has 3 classes"):
        runs.generate_files(model, tmp_path, seeds=[1])
    with pytest.raises(ValueError, match=r"`balance` goes with `per_class`"):
        runs.generate_files(other, tmp_path, seeds=[1], balance=True)
    runs.generate_files(model, tmp_path, per_class=1)
    with pytest.raises(ValueError, match=r'holds a set of \{"model".*; this one is of .*"seed": 7'):
        runs.generate_files(model, tmp_path, per_class=1, seed=7)
    for content in ('{"labels": []}', "[", "[1]"):
        (tmp_path / "dataset.json").write_text(content)
        with pytest.raises(ValueError, match=r"holds a dataset\.json of others"):
            runs.generate_files(model, tmp_path, per_class=1)


def test_names_of_classes_are_names_of_folders():
    class Model:
        class_names, num_classes = ("a/b", "c & d"), 2

    assert synthetic._folders(Model) == ["a-b", "c & d"]
    Model.class_names = ()
    assert synthetic._folders(Model) == ["0", "1"]
