import numpy as np
from PIL import Image

from keras_gans import cli, hub
from keras_gans.images import unit_to_uint8


def pixels(path):
    return np.asarray(Image.open(path))


def test_strengths_side_by_side(diffusing, tmp_path, capsys, fails):
    given = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), "uint8")
    for number, image in enumerate(given):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / "in" / f"{number}.png")
    out = tmp_path / "out"
    command = ["vary", diffusing, str(tmp_path / "in"), "--steps", "4", "--out", str(out)]
    flags = ["--strength", "0,0.75", "--seed", "5", "--label", "cat", "--guidance", "3"]
    assert cli.main([*command, *flags]) == 0
    assert (
        "2 images, and before and after in sheet.png; its columns: as it was, strength 0, strength 0.75"
        in (capsys.readouterr().out)
    )
    model = hub.load(diffusing)
    expected = model.vary(given, 0.75, seed=5, steps=4, label="cat", guidance=3.0)
    for number in range(2):
        np.testing.assert_array_equal(pixels(out / f"{number}-strength-0.png"), given[number])
        made = pixels(out / f"{number}-strength-0.75.png")
        np.testing.assert_array_equal(made, unit_to_uint8(expected[number]))
    sheet = pixels(out / "sheet.png")
    assert sheet.shape == (2 * 6 - 2, 3 * 6 - 2, 3)
    np.testing.assert_array_equal(sheet[6:, :4], given[1])
    np.testing.assert_array_equal(sheet[6:, 12:], made)
    flags = ["--strength", "0", "--scale", "3", "--overwrite"]
    cli.main([*command, *flags])
    assert pixels(out / "sheet.png").shape == (2 * 14 - 2, 2 * 14 - 2, 3)
    assert pixels(out / "0-strength-0.png").shape == (4, 4, 3)
    assert "--strength must be in [0, 1]" in fails(*command, "--strength", "0.5,1.5", "--overwrite")
