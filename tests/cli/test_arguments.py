import argparse
from pathlib import Path

import pytest

from keras_gans.cli.arguments import (
    file_name,
    in_flags,
    parse_layers,
    parse_numbers,
    parse_seeds,
    positive,
    seeds_or_file,
)


def test_parse_seeds():
    assert parse_seeds("0-3, 42,7") == [0, 1, 2, 3, 42, 7]


@pytest.mark.parametrize("text", ["", "1-", "5-2", "a", "1,,2", "0-99999999999", str(2**63)])
def test_seeds_that_are_none(text):
    with pytest.raises(argparse.ArgumentTypeError, match="seeds") as error:
        parse_seeds(text)
    assert repr(text) in str(error.value)


def test_parse_layers():
    assert (parse_layers("0-3"), parse_layers("2")) == ((0, 3), (2, 2))
    for text in ("", "3-0", "a-b", "1-", "-1"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"layers go upwards, such as 0-3\. Received"):
            parse_layers(text)


def test_seeds_or_file():
    assert seeds_or_file("0-2") == [0, 1, 2]
    assert seeds_or_file("photos/me.NPZ") == Path("photos/me.NPZ")
    with pytest.raises(argparse.ArgumentTypeError, match=r"Received: 'me\.png'; .* ends in \.npz"):
        seeds_or_file("me.png")


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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Pass force=True to leave them out.", "Pass --force to leave them out."),
        ("Pass `force=True` (--force).", "Pass --force."),
        ('either pass crop="center", or', "either pass --crop center, or"),
        ("Received: crop='two words'", "Received: --crop two words"),
        ("Received: test_data=None, force=False", "Received: no --test-data, no --force"),
        ("pass `real`; `threshold` is not known", "pass --data; `threshold` is not known"),
        ("Pass `resolution=N`, at most 3.", "Pass --resolution N, at most 3."),
        ("`test_data` and `images` and `source`", "--test-data and `images` and SRC"),
        ("in sets/crop=center/a.png and crop=1/b.png", "in sets/crop=center/a.png and crop=1/b.png"),
        ("--crop=none and recrop=1", "--crop=none and recrop=1"),
    ],
)
def test_errors_speak_of_flags(said, shown):
    parser = argparse.ArgumentParser()
    for flag in ("--crop", "--data", "--test-data", "--resolution"):
        parser.add_argument(flag)
    parser.add_argument("--force", action="store_true")
    parser.add_argument("source", metavar="SRC")
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    assert in_flags(ValueError(said), parser) == shown


def test_notes_and_errors_of_the_system():
    error = ValueError("Broken.")
    error.add_note("It stays.")
    parser = argparse.ArgumentParser()
    assert in_flags(error, parser) == "Broken. It stays."
    assert in_flags(PermissionError(13, "Permission denied", "x.png"), parser) == "x.png: Permission denied"
    assert in_flags(FileExistsError("It is there."), parser) == "It is there."
