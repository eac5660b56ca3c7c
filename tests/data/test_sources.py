import pytest

from keras_gans.data.embedded import Emoji
from keras_gans.data.folder import ImageFolder
from keras_gans.data.sources import open_source


def test_emoji():
    source = open_source("emoji", split="test", crop="center")
    assert isinstance(source, Emoji)
    assert source.styles == ("fluent", "noto", "twemoji") and len(source) == 3 * 341
    assert open_source("emoji:noto").styles == ("noto",)
    assert open_source("emoji:noto,fluent").styles == ("noto", "fluent")


def test_folder_with_its_crop(flat_folder):
    folder = flat_folder(3)
    for split in ("train", "all"):
        source = open_source(folder, split=split, crop="center")
        assert isinstance(source, ImageFolder)
        assert len(source) == 3 and source.crop == "center"
    assert open_source(str(folder)).crop is None


def test_folder_has_no_test_split(flat_folder):
    with pytest.raises(ValueError, match="Received: split='test'"):
        open_source(flat_folder(1), split="test")


@pytest.mark.parametrize(
    "spec, message",
    [
        ("emoij:noto", r"Received: 'emoij:noto'\. Did you mean 'emoji:noto'\?"),
        ("no/such/folder", r"Received: 'no/such/folder'\.$"),
        ("", r"Received: ''"),
        ("tfds:", r"tfds:NAME.*Received: 'tfds:'\.$"),
        ("emoji:twemojis", r"Received: twemojis. Did you mean 'twemoji'\?"),
        ("emoji:", "each once"),
    ],
)
def test_unknown_specs_are_refused(spec, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        open_source(spec)
