import dataclasses
import json
import shutil
import zipfile

import numpy as np
import pytest

from keras_gans.data import Emoji, ImageFolder, load, load_domains, load_pairs, open_domains, open_pairs
from keras_gans.data.fingerprint import Fingerprint, class_counts, fingerprint


@pytest.fixture
def pets(tmp_path, encode, noise):
    """A folder of three cats and two dogs of 8 x 8 pixels."""
    folder = tmp_path / "pets"
    for seed, name in enumerate(("cat/a.png", "cat/b.png", "cat/c.png", "dog/a.png", "dog/b.png")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encode(noise(8, seed=seed)))
    return folder


def of(path):
    return fingerprint(load(ImageFolder(path), 8))


def test_a_set_that_moved_or_was_packed_is_the_same(pets, tmp_path):
    before = of(pets)
    assert (before.count, before.class_names, before.class_counts) == (5, ("cat", "dog"), (3, 2))
    assert before.bytes == sum(file.stat().st_size for file in pets.rglob("*.png"))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(pets.rglob("*.png"), reverse=True):
            archive.write(file, file.relative_to(pets))
    shutil.move(pets, tmp_path / "elsewhere")
    assert of(tmp_path / "elsewhere") == of(tmp_path / "packed.zip") == before
    data = load(ImageFolder(tmp_path / "elsewhere"), 8, cache=False)
    assert fingerprint(data) == fingerprint(data.at(4)) == before


def test_it_survives_json(pets):
    before = of(pets)
    assert Fingerprint.from_json(before.to_json()) == before
    content = json.loads(before.to_json())
    assert content["class_names"] == ["cat", "dog"] and content["count"] == 5
    unlabelled = of(pets / "cat")
    assert unlabelled.class_names is None and Fingerprint.from_json(unlabelled.to_json()) == unlabelled
    del content["names"]
    with pytest.raises(ValueError, match=r"must hold count, bytes, .*Received: .*class_names"):
        Fingerprint.from_json(json.dumps(content))
    with pytest.raises(ValueError, match=r"must hold count.* Received: \[\]"):
        Fingerprint.from_json("[]")


def rename_class(pets, encode, noise):
    (pets / "cat").rename(pets / "ant")


def rename_last_class(pets, encode, noise):
    (pets / "cat").rename(pets / "eel")


def add_class(pets, encode, noise):
    (pets / "ant").mkdir()
    (pets / "ant" / "a.png").write_bytes(encode(noise(8, seed=9)))


def add_image(pets, encode, noise):
    (pets / "dog" / "c.png").write_bytes(encode(noise(8, seed=9)))


def rename_image(pets, encode, noise):
    (pets / "dog" / "a.png").rename(pets / "dog" / "z.png")


def no_classes(pets, encode, noise):
    (pets / "dataset.json").write_text('{"labels": null}')


def swap_labels(pets, encode, noise):
    labels = [["cat/a.png", 1], ["cat/b.png", 0], ["cat/c.png", 0], ["dog/a.png", 0], ["dog/b.png", 1]]
    (pets / "dataset.json").write_text(json.dumps({"labels": labels, "class_names": ["cat", "dog"]}))


def other_order(pets, encode, noise):
    labels = [["cat/a.png", 1], ["cat/b.png", 1], ["cat/c.png", 1], ["dog/a.png", 0], ["dog/b.png", 0]]
    (pets / "dataset.json").write_text(json.dumps({"labels": labels, "class_names": ["dog", "cat"]}))


@pytest.mark.parametrize(
    "change, sentences",
    [
        (rename_class, ["class 'cat' was renamed or removed", "class 'ant' was added"]),
        (
            rename_last_class,
            [
                "class 'cat' was renamed or removed",
                "class 'eel' was added",
                "classes have other numbers: 'dog' is 0 instead of 1",
            ],
        ),
        (
            add_class,
            [
                "6 images instead of 5",
                "class 'ant' was added",
                "classes have other numbers: 'cat' is 1 instead of 0, 'dog' is 2 instead of 1",
            ],
        ),
        (add_image, ["6 images instead of 5", "class 'dog' has 3 images instead of 2"]),
        (rename_image, ["images were renamed, or others took the place of some"]),
        (no_classes, ["labels are gone: cat, dog"]),
        (swap_labels, ["images have other labels"]),
        (
            other_order,
            ["classes have other numbers: 'dog' is 0 instead of 1, 'cat' is 1 instead of 0"],
        ),
    ],
)
def test_what_changed_is_said(pets, encode, noise, change, sentences):
    before = of(pets)
    assert before.difference(before) == ()
    change(pets, encode, noise)
    assert list(of(pets).difference(before)) == sentences


def test_an_edited_file_is_said_with_the_sizes(pets):
    before = of(pets)
    with open(pets / "dog" / "a.png", "ab") as file:
        file.write(b"after the end")
    sizes = f"{before.bytes + 13:,} bytes instead of {before.bytes:,}"
    assert of(pets).difference(before) == (f"contents of images changed: {sizes}",)


def test_new_labels_are_said(pets):
    now = of(pets)
    before = dataclasses.replace(now, class_names=None, class_counts=None)
    assert now.difference(before) == ("labels are new: cat, dog",)


def test_another_content_of_equal_size_is_seen(flat_folder, encode):
    folder = flat_folder(2)
    (folder / "000.png").rename(folder / "000.bmp")
    for value in (0, 200):
        (folder / "000.bmp").write_bytes(encode(np.full((8, 8, 3), value, "uint8"), "BMP"))
        if not value:
            before = of(folder)
    assert of(folder).difference(before) == ("contents of images changed",)


def test_many_differences_are_counted():
    names = [tuple(f"{letter}{i}" for i in range(12)) for letter in "ab"]
    now, before = (Fingerprint(12, 0, own, (1,) * 12, "", "", "") for own in names)
    sentences = now.difference(before)
    assert len(sentences) == 11 and sentences[0] == "class 'b0' was renamed or removed"
    assert sentences[-1] == "14 more differences of classes"
    reverse = Fingerprint(12, 0, names[0][::-1], (1,) * 12, "", "", "")
    assert reverse.difference(now)[0].endswith("'a7' is 4 instead of 7, ... (12 in all)")


def test_pairs_know_their_sides(flat_folder):
    one, two = flat_folder(3, name="one"), flat_folder(2, name="two")

    def pair(spec):
        return fingerprint(load_pairs(open_pairs(spec, aligned=False), 8))

    forth, back = pair(f"{one},{two}"), pair(f"{two},{one}")
    assert forth.count == back.count == 5 and forth.class_names is None
    assert back.difference(forth) == ("images were renamed, or others took the place of some",)
    emoji = fingerprint(load_pairs(open_pairs("emoji:noto,fluent", aligned=True, split="test"), 8))
    assert emoji.count == 2 * 341 and emoji.bytes == 2 * 341 * 64 * 64 * 3


def test_halves_are_stamped_by_their_picture(tmp_path, encode, noise):
    (tmp_path / "a.png").write_bytes(encode(noise(8, 16)))
    data = load_pairs(open_pairs(f"left-to-right:{tmp_path}", aligned=True), 8)
    assert fingerprint(data).bytes == 2 * (tmp_path / "a.png").stat().st_size


def test_domains_are_its_classes(flat_folder):
    paths = [str(flat_folder(count, name=name)) for count, name in ((3, "cat"), (2, "dog"))]
    data = load_domains(open_domains(",".join(paths)), 8)
    print_ = fingerprint(data)
    assert (print_.class_names, print_.class_counts, print_.count) == (("cat", "dog"), (3, 2), 5)


def test_the_embedded_set_is_the_same_at_any_resolution():
    one, two = (fingerprint(load(Emoji("noto", "test"), side)) for side in (8, 16))
    assert one == two and one.count == 341 and sum(one.class_counts) == 341


def test_attributes_are_classes_that_do_not_exclude_each_other():
    labels = np.array([[1, 0, 1], [1, 0, 0]], "float32")
    assert class_counts(labels, 3).tolist() == [2, 0, 1]

    class Faces(Emoji):
        pass

    source = Faces("noto", "test")
    source.class_names, source.labels = ("a", "b", "c"), np.tile(labels, (171, 1))[:341]
    data = load(source, 8)
    assert fingerprint(data).class_counts == (341, 0, 171)
    assert [row[1] for row in data.records()][:2] == [["a", "c"], ["a"]]


def test_a_broken_file_is_not_part_of_it(flat_folder):
    folder = flat_folder(120)
    (folder / "007.png").write_bytes(b"")
    assert of(folder).count == 119
