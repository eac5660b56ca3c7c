import numpy as np
from PIL import Image

from keras_gans import cli


def write(path, height, width, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, "uint8")).save(path)
    return str(path)


def pixels(path):
    return np.asarray(Image.open(path))


def test_files_and_folders(darkener, tmp_path, capsys):
    one = write(tmp_path / "one.png", 8, 16, 40)
    write(tmp_path / "more" / "a.png", 9, 12, 60)
    write(tmp_path / "more" / "deep" / "b.bmp", 12, 12, 80)
    out = tmp_path / "new" / "out"
    assert cli.main(["translate", darkener, one, str(tmp_path / "more"), "--out", str(out)]) == 0
    assert "3 images" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "deep-b.png", "one.png", "sheet.png"]
    assert np.all(pixels(out / "one.png") == 20) and pixels(out / "one.png").shape == (8, 16, 3)
    assert np.all(pixels(out / "a.png") == 30) and pixels(out / "a.png").shape == (8, 12, 3)
    sheet = pixels(out / "sheet.png")
    assert sheet.shape == (3 * 18 - 2, 2 * 18 - 2, 3)
    assert sheet[8, 8, 0] == 40 and sheet[8, 26, 0] == 20 and sheet[26, 26, 0] == 30 and sheet[0, 0, 0] == 255


def test_backward_at_a_size(darkener, tmp_path):
    image = write(tmp_path / "a.png", 20, 30, 40)
    flags = ["--direction", "backward", "--size", "8", "--out", str(tmp_path / "out")]
    cli.main(["translate", darkener, image, *flags])
    assert np.all(pixels(tmp_path / "out" / "a.png") == 80)
    assert pixels(tmp_path / "out" / "a.png").shape == (8, 12, 3)


def test_many_and_large_images(darkener, tmp_path):
    for i in range(9):
        write(tmp_path / "in" / f"{i}.png", 8, 8, i)
    write(tmp_path / "in" / "9.png", 300, 600, 99)
    cli.main(["translate", darkener, str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert pixels(tmp_path / "out" / "9.png").shape == (300, 600, 3)
    assert pixels(tmp_path / "out" / "sheet.png").shape == (5 * 258 - 2, 4 * 258 - 2, 3)


def test_wrong_files(darkener, tmp_path, fails):
    image, out = write(tmp_path / "a.png", 8, 8, 0), str(tmp_path / "out")
    (tmp_path / "b.png").write_bytes(b"<html>")
    assert "b.png: no image" in fails("translate", darkener, str(tmp_path / "b.png"), "--out", out)
    same = write(tmp_path / "c" / "a.png", 8, 8, 0)
    assert "names of their own" in fails("translate", darkener, image, same, "--out", out)
    (tmp_path / "d").mkdir()
    assert "has no images" in fails("translate", darkener, str(tmp_path / "d"), "--out", out)
