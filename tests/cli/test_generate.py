import itertools

import numpy as np
from PIL import Image

from keras_gans import cli
from keras_gans.export import load
from keras_gans.networks.styles import truncate_styles

AVERAGE = np.linspace(-1.0, 1.0, 8, dtype="float32")  # of the tiny StyleGAN2


def pixels(path):
    return np.asarray(Image.open(path))


def test_generate(preset, tmp_path, capsys):
    out = str(tmp_path / "new" / "grid.png")
    assert cli.main(["generate", preset, "--seeds", "0-17,42", "--columns", "5", "--out", out]) == 0
    assert "19 images" in capsys.readouterr().out
    sheet = pixels(out)
    assert sheet.shape == (16, 20, 3)
    model = load(preset)
    expected = np.rint(model.default(model.latents([42])).numpy()[0] * 255)
    np.testing.assert_allclose(sheet[12:, 12:16], expected, atol=1)
    cli.main(["generate", preset, "--seeds", "0-17,42", "--columns", "5", "--scale", "3", "--out", out])
    np.testing.assert_array_equal(pixels(out), sheet.repeat(3, 0).repeat(3, 1))


def test_a_row_for_every_class_and_truncation(conditional, preset, tmp_path, capsys, fails):
    out = str(tmp_path / "grid.png")
    arguments = ["--seeds", "3,4", "--class", "all", "--truncation", "0.5,1", "--out", out]
    assert cli.main(["generate", conditional, *arguments]) == 0
    assert "row: dog, truncation 0.5\nrow: dog, truncation 1\nrow: hat" in capsys.readouterr().out
    sheet = pixels(out)
    assert sheet.shape == (6 * 4, 2 * 4, 3)
    model = load(conditional)
    y = np.eye(3, dtype="float32")[[1, 1]]
    for row, level in ((2, 0.5), (3, 1.0)):
        expected = np.rint(model.default(model.latents([3, 4]), y, level).numpy() * 255)
        expected = np.concatenate(expected, axis=1)
        np.testing.assert_allclose(sheet[4 * row : 4 * row + 4], expected, atol=1)
    assert "no classes" in fails("generate", preset, "--seeds", "1", "--class", "all", "--out", out)


def test_truncations_without_an_input_of_that_name(preset, tmp_path):
    out, plain = str(tmp_path / "grid.png"), str(tmp_path / "plain.png")
    cli.main(["generate", preset, "--seeds", "0-4", "--truncation", "0.01,100", "--out", out])
    cli.main(["generate", preset, "--seeds", "0-4", "--columns", "5", "--out", plain])
    sheet = pixels(out)
    assert sheet.shape == (8, 20, 3)
    np.testing.assert_allclose(sheet[4:], pixels(plain), atol=1)
    assert sheet[:4].reshape(4, 5, 4, 3).std(axis=1).max() < 5


def test_truncations_of_styles(styled, tmp_path, capsys):
    path, network = styled.path, styled.network
    out = str(tmp_path / "grid.png")
    cli.main(["generate", path, "--seeds", "0-17", "--truncation", "0.2,0.7,1", "--out", out])
    printed = capsys.readouterr().out
    assert "row: truncation 0.2\nrow: truncation 0.7\nrow: truncation 1\n" in printed
    assert "confined" not in printed
    rows = pixels(out).reshape(3, 8, 18, 8, 3).swapaxes(1, 2)
    latents = styled.model.latents(range(18))
    for row, level in zip(rows, (0.2, 0.7, 1.0), strict=True):
        images = network.synthesize(truncate_styles(network.styles(latents), AVERAGE, level))
        expected = np.clip(np.asarray(images) * 0.5 + 0.5, 0.0, 1.0) * 255
        np.testing.assert_allclose(row, expected, atol=0.5 + 255e-5)
    assert min(np.abs(a.astype(int) - b).mean() for a, b in itertools.pairwise(rows)) > 1
    cli.main(["generate", path, "--seeds", "0-17", "--columns", "18", "--out", out])
    np.testing.assert_allclose(pixels(out).reshape(8, 18, 8, 3).swapaxes(0, 1), rows[2], atol=1)
    # Styles, unlike latents, may go to their average and beyond.
    cli.main(["generate", path, "--seeds", "0-17", "--truncation", "0,-1", "--out", out])
    average, opposite = pixels(out).reshape(2, 8, 18, 8, 3).swapaxes(1, 2)
    assert (average == average[0]).all() and np.abs(opposite.astype(int) - average).mean() > 1


def test_noise_of_styles(styled, preset, tmp_path, capsys, fails):
    out = str(tmp_path / "grid.png")
    network, latents = styled.network, styled.model.latents(range(3))
    pictures = {}
    for noise in ("stored", "none", "7", "8"):
        command = [
            "generate",
            styled.path,
            "--seeds",
            "0-2",
            "--columns",
            "3",
            "--noise",
            noise,
            "--out",
            out,
        ]
        assert cli.main(command) == 0
        pictures[noise] = pixels(out).reshape(8, 3, 8, 3).swapaxes(0, 1)
        seeds, strength = (np.full(3, int(noise) if noise.isdecimal() else 0), float(noise != "none"))
        given = None if noise == "stored" else network.noise_of(seeds, strength)
        images = network.synthesize(network.styles(latents), given)
        expected = np.clip(np.asarray(images) * 0.5 + 0.5, 0.0, 1.0) * 255
        np.testing.assert_allclose(pictures[noise], expected, atol=0.5 + 255e-5)
    for first, second in itertools.combinations(pictures.values(), 2):
        assert np.abs(first.astype(int) - second).max() > 1
    capsys.readouterr()
    error = fails("generate", preset, "--seeds", "1", "--noise", "none", "--out", out)
    assert "--noise needs mapping and synthesis_with_noise as well" in error
    assert "must be stored, none or a seed" in fails(
        "generate", styled.path, "--seeds", "1", "--noise", "loud", "--out", out
    )
