import numpy as np
from PIL import Image

from keras_gans import cli, hub


def pixels(path):
    return np.asarray(Image.open(path))


def assert_row(sheet, images):
    """A row of a grid shows these float images in [0, 1], up to the rounding of a half."""
    np.testing.assert_allclose(sheet, np.concatenate(images, axis=1) * 255, atol=0.501)


def test_generate(preset, tmp_path, capsys):
    out = str(tmp_path / "new" / "grid.png")
    assert cli.main(["generate", preset, "--seeds", "0-17,42", "--columns", "5", "--out", out]) == 0
    assert "19 images" in capsys.readouterr().out
    sheet = pixels(out)
    assert sheet.shape == (16, 20, 3)
    model = hub.load(preset)
    assert_row(sheet[:4], model.generate(model.latents(range(5))))
    assert_row(sheet[12:, 12:16], model.generate(model.latents([42])))
    cli.main(
        [
            "generate",
            preset,
            "--seeds",
            "0-17,42",
            "--columns",
            "5",
            "--scale",
            "3",
            "--out",
            out,
            "--overwrite",
        ]
    )
    np.testing.assert_array_equal(pixels(out), sheet.repeat(3, 0).repeat(3, 1))
    # As square as possible.
    cli.main(["generate", preset, "--seeds", "0-9", "--truncation", "0.5", "--out", out, "--overwrite"])
    assert pixels(out).shape == (12, 16, 3)
    assert "No input `truncation`: latents are confined to [-0.5, 0.5]." in capsys.readouterr().out
    assert_row(pixels(out)[:4], model.generate(model.latents(range(4)), truncation=0.5))


def test_a_row_for_every_class_and_truncation(conditional, preset, tmp_path, capsys, fails):
    out = str(tmp_path / "grid.png")
    arguments = ["--seeds", "3,4", "--label", "all", "--truncation", "0.5,1", "--out", out]
    assert cli.main(["generate", conditional, *arguments]) == 0
    printed = capsys.readouterr().out
    assert (
        "row: dog, truncation 0.5\nrow: dog, truncation 1\nrow: hat" in printed and "confined" not in printed
    )
    sheet = pixels(out)
    assert sheet.shape == (6 * 4, 2 * 4, 3)
    model = hub.load(conditional)
    for row, level in ((2, 0.5), (3, 1.0)):
        made = model.generate(model.latents([3, 4]), label="dog", truncation=level)
        assert_row(sheet[4 * row : 4 * row + 4], made)
    arguments = ["--seeds", "1", "--out", out, "--overwrite"]
    assert "no classes" in fails("generate", preset, *arguments, "--label", "all")
    assert "pass a --label" in fails("generate", conditional, *arguments)
    guard = fails("generate", conditional, *arguments, "--label", "cat", "--truncation", "3")
    assert "--truncation must lie in (0, 1]. Received: [3]" in guard


def test_noise_and_truncation_of_styles(styled, tmp_path, fails):
    out = str(tmp_path / "grid.png")
    model = hub.load(styled.path)
    command = ["generate", styled.path, "--seeds", "0-2", "--columns", "3", "--out", out, "--overwrite"]
    for text, noise in (("stored", None), ("none", False), ("7", 7)):
        assert cli.main([*command, "--noise", text, "--truncation", "0.7"]) == 0
        assert_row(pixels(out), model.generate(model.latents(range(3)), truncation=0.7, noise=noise))
    assert "must be stored, none or a seed" in fails(*command, "--noise", "loud")


def test_guidance(diffusing, tmp_path):
    out = str(tmp_path / "grid.png")
    cli.main(["generate", diffusing, "--seeds", "3", "--label", "1", "--guidance", "3", "--out", out])
    model = hub.load(diffusing)
    assert_row(pixels(out), model.generate(model.latents([3]), label="hat", guidance=3.0))


def test_a_set_of_files(conditional, preset, tmp_path, capsys, fails):
    out = str(tmp_path / "set")
    assert cli.main(["generate", conditional, "--files", out, "--per-class", "2", "--truncation", "0.5"]) == 0
    assert "hat: 2" in capsys.readouterr().out
    model = hub.load(conditional)
    expected = model.generate(model.latents([2]), label="hat", truncation=0.5)[0]
    assert_row(pixels(f"{out}/hat/generated-000000000002.png"), [expected])
    cli.main(["generate", preset, "--files", str(tmp_path / "plain"), "--seeds", "0-2"])
    assert f"{tmp_path / 'plain'}: 3 images" in capsys.readouterr().out
    assert "one --truncation. Received: --columns, --label" in fails(
        "generate", conditional, "--files", out, "--per-class", "2", "--label", "cat", "--columns", "2"
    )
    assert "several truncations or a file" in fails(
        "generate", conditional, "--files", out, "--per-class", "2", "--truncation", "0.5,1"
    )
    assert "takes --seeds and --out, or --files" in fails("generate", conditional, "--seeds", "1")
    assert "takes --seeds and --out, or --files" in fails(
        "generate", conditional, "--seeds", "1", "--out", "a.png", "--balance"
    )
