import argparse

import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub, latent
from keras_gans.cli.mix import choose_bands, parse_styles

SOURCES, DESTINATIONS = [3, 4, 5, 6, 7, 8], [10, 11, 12]  # 54 places: more than one batch


def cells(path, size=8):
    """uint8, `(rows, columns, size, size, 3)`."""
    sheet = np.asarray(Image.open(path))
    rows, columns = sheet.shape[0] // size, sheet.shape[1] // size
    assert sheet.shape == (rows * size, columns * size, 3)
    return sheet.reshape(rows, size, columns, size, 3).swapaxes(1, 2)


def assert_shows(actual, images):
    """uint8 pixels are these float images in [-1, 1], up to the rounding of a half and 1e-5."""
    expected = np.clip(np.asarray(images) * 0.5 + 0.5, 0.0, 1.0) * 255
    np.testing.assert_allclose(actual, expected, atol=0.5 + 255e-5)


def styles_of(styled, seeds, truncation=1.0):
    return styled.network.truncate(styled.network.styles(styled.model.latents(seeds)), truncation)


def expected_images(network, destinations, sources, first, last):
    """Images, row by row, of destinations that have the styles `first .. last` of each source."""
    mixed = latent.mix(destinations, sources, first, last)
    images = network.synthesize(mixed.reshape(-1, 4, 8))
    return np.reshape(images, (len(destinations), len(sources), *images.shape[1:]))


def test_the_table(styled, tmp_path, capsys):
    out = str(tmp_path / "new" / "mix.png")
    command = ["mix", styled.path, "--sources", "3-8", "--destinations", "10-12"]
    assert cli.main([*command, "--truncation", "0.6", "--out", out]) == 0
    printed = capsys.readouterr().out
    assert "rows 1-3: coarse styles of the sources, 0-1\nrows 4-6: middle" in printed
    assert "rows 7-9: fine styles of the sources, 3-3\n" in printed and "3 x 3 x 6 images" in printed
    table = cells(out)
    assert table.shape[:2] == (1 + 3 * 3, 1 + 6) and (table[0, 0] == 255).all()
    network = styled.network
    sources, destinations = styles_of(styled, SOURCES, 0.6), styles_of(styled, DESTINATIONS, 0.6)
    assert_shows(table[0, 1:], network.synthesize(sources))
    for band, (first, last) in enumerate([(0, 1), (2, 2), (3, 3)]):
        rows = table[1 + 3 * band : 4 + 3 * band]
        assert_shows(rows[:, 0], network.synthesize(destinations))
        assert_shows(rows[:, 1:], expected_images(network, destinations, sources, first, last))
        apart = np.abs(rows[:, 1:].astype(int) - rows[:, :1]).mean(axis=(2, 3, 4))
        assert apart.min() > 1


def test_chosen_styles(styled, tmp_path):
    out = str(tmp_path / "mix.png")
    command = ["mix", styled.path, "--sources", "3-8", "--destinations", "10-12", "--out", out]
    cli.main([*command, "--styles", "1-2", "--scale", "2"])
    large = cells(out, 16)
    table = large[:, :, ::2, ::2]
    assert table.shape[:2] == (4, 7)
    np.testing.assert_array_equal(large, table.repeat(2, axis=2).repeat(2, axis=3))
    sources, destinations = styles_of(styled, SOURCES), styles_of(styled, DESTINATIONS)
    assert_shows(table[1:, 1:], expected_images(styled.network, destinations, sources, 1, 2))
    cli.main([*command, "--styles", "0-3", "--overwrite"])
    table = cells(out)
    # All of the source's.
    np.testing.assert_allclose(table[1:, 1:], np.repeat(table[:1, 1:], 3, axis=0), atol=1)


def test_classes(styled_classes, tmp_path, fails):
    out = str(tmp_path / "mix.png")
    command = ["mix", styled_classes, "--sources", "1,2", "--destinations", "3", "--styles", "middle"]
    assert "pass a --label" in fails(*command, "--out", out)
    cli.main([*command, "--label", "dog", "--out", out])
    model = hub.load(styled_classes)
    styles = model.styles(model.latents([1, 2, 3]), label=1)
    images = styles.reshape(3, 4, 4, 3)
    # Styles of 8 numbers lie one behind the other in the image: a third of 6 styles is 16 numbers.
    mixed = np.repeat(styles[2:], 2, axis=0).reshape(2, 48)
    mixed[:, 16:32] = styles[:2].reshape(2, 48)[:, 16:32]
    table = cells(out, 4)
    assert_shows(table[0, 1:], images[:2])
    assert_shows(table[1, 0], images[2])
    assert_shows(table[1, 1:], mixed.reshape(2, 4, 4, 3))


def test_a_file_of_styles(styled, tmp_path, fails):
    """Truncation is of the seeds alone; beside nothing but styles it is refused."""
    out, file = str(tmp_path / "mix.png"), tmp_path / "w.npz"
    photos = np.asarray(styles_of(styled, SOURCES))
    hub.save_latents(file, photos, styled.model)
    command = ["mix", styled.path, "--sources", str(file), "--styles", "1-2", "--truncation", "0.6"]
    cli.main([*command, "--destinations", "10-12", "--out", out])
    destinations = styles_of(styled, DESTINATIONS, 0.6)
    table = cells(out)
    assert_shows(table[0, 1:], styled.network.synthesize(photos))
    assert_shows(table[1:, 1:], expected_images(styled.network, destinations, photos, 1, 2))
    again = ["--out", out, "--overwrite"]
    assert "Leave out --truncation" in fails(*command, "--destinations", str(file), *again)
    (tmp_path / "link.npz").symlink_to(out)
    link = ["--sources", str(tmp_path / "link.npz"), "--destinations", "1"]
    assert "is never written over" in fails(*command, *link, *again)


def test_bands():
    assert choose_bands(None, 18) == {"coarse": (0, 3), "middle": (4, 7), "fine": (8, 17)}
    assert choose_bands("middle", 18) == {"middle": (4, 7)}
    assert choose_bands((1, 1), 2) == {"chosen": (1, 1)}


def test_parse_styles():
    assert (parse_styles("coarse"), parse_styles("4-7"), parse_styles("4-4")) == ("coarse", (4, 7), (4, 4))
    for text in ("rough", "4", "7-4", "-1-4", "1-", "1-2-3"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"range such as 0-3. Received: '{text}'"):
            parse_styles(text)


def test_wrong_options(styled, preset, tmp_path, fails):
    command = ["--sources", "0", "--destinations", "1", "--out", str(tmp_path / "mix.png")]
    message = fails("mix", preset, *command)
    assert "has the signatures ['default', " in message
    assert "a style needs mapping and synthesis as well" in message
    assert "must lie in 0-3" in fails("mix", styled.path, *command, "--styles", "2-4")
    many = ["mix", styled.path, "--sources", "0-99", "--destinations", "0-33", *command[-2:]]
    assert "at most 10000 places. Received: 3 x 34 x 100" in fails(*many)
    assert not (tmp_path / "mix.png").exists()
