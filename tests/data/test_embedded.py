import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import keras_gans.data
from keras_gans.data.embedded import Emoji

FOLDER = Path(keras_gans.data.__file__).parent / "emoji"


@pytest.mark.parametrize("split, count", [("train", 3031), ("test", 341), ("all", 3372)])
def test_count_of_each_split(split, count):
    source = Emoji("noto", split)
    assert len(source) == len(source.labels) == len(source.metadata) == count
    assert len({entry["code"] for entry in source.metadata}) == count
    assert len(Emoji(split=split)) == 3 * count


def test_splits_share_no_base_emoji():
    train = {entry["base"] for entry in Emoji(split="train").metadata}
    test = {entry["base"] for entry in Emoji(split="test").metadata}
    assert train and test and not train & test


def test_pixels_names_and_labels_follow_the_index():
    index = json.loads((FOLDER / "emoji.json").read_text())
    entries = [(i, e) for i, e in enumerate(index["images"]) if e["split"] == "test"]
    source = Emoji(("twemoji", "noto"), "test")
    sheets = {s: np.asarray(Image.open(FOLDER / f"{s}.webp")) for s in ("twemoji", "noto")}
    for k in (0, 17, 340):
        place, entry = entries[k]
        y, x = place // 58 * 64, place % 58 * 64
        for offset, style in enumerate(("twemoji", "noto")):
            number = 2 * k + offset
            tile = sheets[style][y : y + 64, x : x + 64]
            np.testing.assert_array_equal(source.read(number), tile)
            assert source.item_name(number) == f"{style}/{entry['code']}"
            assert source.class_names[source.labels[number]] == entry["category"]
            metadata = source.metadata[number]
            assert metadata["style"] == style
            assert {k: metadata[k] for k in ("code", "name", "base", "tone")} == {
                k: entry[k] for k in ("code", "name", "base", "tone")
            }


def test_images_are_pictures_on_white():
    source = Emoji("fluent", "test")
    for i in range(0, len(source), 40):
        image = source.read(i)
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8
        assert image[0, 0].min() > 245 and image.std() > 5


def test_there_are_nine_classes_and_all_occur():
    source = Emoji()
    assert len(source.class_names) == 9 and source.labels.dtype == np.int32
    assert set(source.labels.tolist()) == set(range(9))


def test_provenance_has_the_licence_rows_of_the_chosen_styles():
    licence = Emoji(("noto", "twemoji")).provenance["licence"]
    assert "Noto Emoji, Google" in licence and "CC BY 4.0" in licence
    assert "Fluent" not in licence
    assert "licence of the art" in licence.splitlines()[0]


def test_misspelt_style_is_suggested():
    with pytest.raises(ValueError, match=r"fluent, noto, twemoji.*Received: notto.*'noto'"):
        Emoji("notto")


@pytest.mark.parametrize("styles", [(), ("noto", "noto"), ("",)])
def test_other_styles_are_refused(styles):
    with pytest.raises(ValueError, match="each once"):
        Emoji(styles)


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match=r"train, test, all\. Received: 'valid'"):
        Emoji(split="valid")


def test_styles_share_their_keys():
    source = Emoji(("noto", "fluent"), "test")
    assert source.key(6) == source.key(7) == source.metadata[6]["code"] != source.key(8)


def test_stamps_are_those_of_the_styles():
    stamps = [Emoji(("noto", "fluent"), "test").stamp(i) for i in range(3)]
    assert [name.split("/")[0] for name, _, _ in stamps] == ["noto", "fluent", "noto"]
    assert {size for _, size, _ in stamps} == {64 * 64 * 3}
    assert stamps[0][2] == stamps[2][2] != stamps[1][2]
