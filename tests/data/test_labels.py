import os
import unicodedata

import pytest

from keras_gans.data.labels import Labels, from_folders, from_index, splits_of, wrapping


def names(**counts):
    """`names(cat=2)` -> ["cat/0.png", "cat/1.png"]; the class "" is the top."""
    return [f"{folder}/{i}.png".lstrip("/") for folder, count in counts.items() for i in range(count)]


def test_folders_at_the_top_are_the_classes():
    found = from_folders(names(dog=1, cat=2))
    assert found.class_names == ("cat", "dog") and found.labels.tolist() == [1, 0, 0]
    assert found.left_out == frozenset() and found.notes == ()
    assert from_folders(names(cat=3)) == from_folders([]) == Labels()


def test_strays_are_left_out_and_said():
    found = from_folders(["readme.png", *names(cat=2, dog=1)])
    assert found.class_names == ("cat", "dog") and found.labels.tolist() == [0, 0, 1]
    assert found.left_out == {0}
    assert found.notes == ("1 image left out, which lies beside the folders of the classes: readme.png",)
    found = from_folders([*names(cat=6, dog=5), "a.png", "b.png"])
    assert found.left_out == {11, 12} and found.notes[0].startswith("2 images left out, which lie beside")


def test_too_many_strays_are_no_strays():
    found = from_folders([*names(cat=5, dog=5), "a.png", "b.png"])
    assert found == Labels(notes=("no classes: 2 images lie beside the folders cat, dog",))


def test_folders_within_classes_are_said():
    found = from_folders(["cat/black/1.png", "cat/white/2.png", "cat/3.png", "dog/small/old/4.png"])
    assert found.class_names == ("cat", "dog") and found.labels.tolist() == [0, 0, 0, 1]
    assert found.notes == ("3 folders within classes not told apart: cat/black, cat/white, dog/small",)


def test_folders_without_images_are_said():
    found = from_folders(names(cat=1, dog=1), ["", "cat", "cat/old", "dog", "fox"])
    assert found.notes == ("1 folder without images is no class: fox",)


def test_names_that_can_be_taken_for_others_are_said():
    found = from_folders(names(**{str(i): 1 for i in (0, 1, 2, 10, 11)}))
    assert found.class_names == ("0", "1", "10", "11", "2") and found.labels.tolist() == [0, 1, 4, 2, 3]
    assert found.notes == (
        "names of classes are numbers, but not those of the classes: "
        "'10' is class 2, '11' is class 3, '2' is class 4",
    )
    assert from_folders(names(**{f"0{i}": 1 for i in range(10)})).notes == ()
    found = from_folders(names(cat=1, Cat=1, dog=1))
    assert found.class_names == ("Cat", "cat", "dog")
    assert found.notes == ("classes whose names differ in upper and lower case alone: Cat, cat",)


def test_names_of_classes_are_text():
    with pytest.raises(ValueError, match=r"must be UTF-8\. Rename the folder caf\\udce9"):
        from_folders([os.fsdecode(b"caf\xe9/a.png"), "tea/a.png"])


def test_gaps_make_no_classes():
    found = from_index({"labels": [["a.png", 5], ["b.png", 0], ["c.png", 2], ["d.png", 5]]}, list_of("abcd"))
    assert found.class_names == ("0", "2", "5") and found.labels.tolist() == [2, 0, 1, 2]
    assert found.notes == (
        "labels go from 0 to 5 with gaps: 3 classes",
        "names of classes are numbers, but not those of the classes: '2' is class 1, '5' is class 2",
    )
    found = from_index({"labels": [["a.png", 1], ["b.png", 0]]}, list_of("ab"))
    assert found.class_names == ("0", "1") and found.labels.dtype == "int32" and found.notes == ()


def list_of(letters):
    return [f"{letter}.png" for letter in letters]


def test_named_classes_keep_their_numbers():
    index = {"labels": [["a.png", 2], ["b.png", 0]], "class_names": ["cat", "dog", "fox", "hen"]}
    found = from_index(index, list_of("ab"))
    assert found.class_names == ("cat", "dog", "fox", "hen") and found.labels.tolist() == [2, 0]
    assert found.notes == ("2 classes have no images: dog, hen",)


def test_entries_without_an_image_are_said():
    found = from_index({"labels": [["a.png", 0], ["b.heic", 0]]}, ["a.png"])
    assert found.notes == ("1 entry names no image that can be read, in dataset.json: b.heic",)


def test_lists_may_write_paths_in_other_ways():
    accent = "é"
    table = [["./x\\a.png", 1], [f"{accent}.png", 0]]
    found = from_index({"labels": table}, ["x/a.png", unicodedata.normalize("NFD", accent) + ".png"])
    assert found.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    "counts, splits",
    [
        ({"train/cat": 2, "train/dog": 1, "val/cat": 1}, {"train": 3, "val": 1}),
        ({"Training": 2, "Test": 1}, {"Training": 2, "Test": 1}),
        (
            {"trainA": 1, "trainB": 1, "testA": 1, "testB": 1},
            dict.fromkeys(["testA", "testB", "trainA", "trainB"], 1),
        ),
        ({"train/cat": 2, "test/cat": 1, "unlabelled": 5}, {"train": 2, "test": 1}),
        ({"train": 2, "plane": 3, "car": 1}, {}),
        ({"train": 2, "test": 3, "car": 1}, {}),
        ({"train/cat": 2, "train/dog": 3}, {}),
        ({"cat": 2, "dog": 3}, {}),
        ({"training-shoes": 2, "tests": 3}, {}),
    ],
)
def test_parts_of_a_set_are_known(counts, splits):
    assert splits_of([*names(**counts), "stray.png"]) == splits


@pytest.mark.parametrize(
    "files, prefix",
    [
        (["a.png"], ""),
        (["x/a.png", "x/b.png"], "x/"),
        (["x/y/a/1.png", "x/y/b/2.png"], "x/y/"),
        (["x/dataset.json", "x/y/1.png"], "x/"),
        (["dataset.json", "x/1.png"], ""),
        (["x/1.png", "2.png"], ""),
        ([], ""),
    ],
)
def test_a_folder_that_holds_everything_is_looked_through(files, prefix):
    assert wrapping(files) == prefix
