import argparse

import pytest

from keras_gans.cli.arguments import file_name, parse_numbers, parse_seeds, positive


def test_parse_seeds():
    assert parse_seeds("0-3, 42,7") == [0, 1, 2, 3, 42, 7]


@pytest.mark.parametrize("text", ["", "1-", "5-2", "a", "1,,2", "0-99999999999", str(2**63)])
def test_seeds_that_are_none(text):
    with pytest.raises(argparse.ArgumentTypeError, match="seeds") as error:
        parse_seeds(text)
    assert repr(text) in str(error.value)


def test_parse_numbers():
    assert parse_numbers("0.2,1, 3") == [0.2, 1.0, 3.0]
    with pytest.raises(argparse.ArgumentTypeError, match=r"Received: '0\.2;1'"):
        parse_numbers("0.2;1")


def test_positive():
    assert positive("12") == 12
    for text in ("0", "-1", "1.5", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="above 0. Received: '" + text):
            positive(text)


def test_file_name():
    read = file_name(".gif", ".mp4")
    assert read("walk.GIF") == "walk.GIF"
    with pytest.raises(argparse.ArgumentTypeError, match=r"end in .gif or .mp4. Received: 'x.png'"):
        read("x.png")


def test_readers_are_used(preset, tmp_path, fails):
    out = str(tmp_path / "x.png")
    assert "seeds" in fails("generate", preset, "--seeds", "1-", "--out", out)
    assert ".png" in fails("generate", preset, "--seeds", "1", "--out", "x.jpg")
    assert ".mp4" in fails("interpolate", preset, "--seeds", "1", "--out", "x.png")
    gif = str(tmp_path / "x.gif")
    assert "above 0" in fails("interpolate", preset, "--seeds", "1,2", "--frames", "0", "--out", gif)
