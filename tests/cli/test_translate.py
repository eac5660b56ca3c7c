import types

import numpy as np
from PIL import Image

from keras_gans import cli
from keras_gans.cli.translate import domains, folder_name


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


def test_a_folder_and_a_column_for_every_domain(dyer, tmp_path, capsys):
    for number in range(2):
        write(tmp_path / "in" / f"{number}.png", 8, 8, 100 + 2 * number)
    out = tmp_path / "out"
    cli.main(["translate", dyer, str(tmp_path / "in"), "--label", "all", "--out", str(out)])
    assert sorted(path.name for path in out.iterdir()) == ["cat", "dog", "fox", "sheet.png"]
    assert sorted(path.name for path in (out / "fox").iterdir()) == ["0.png", "1.png"]
    assert np.all(pixels(out / "fox" / "0.png") == 152) and np.all(pixels(out / "cat" / "1.png") == 76)
    sheet = pixels(out / "sheet.png")
    assert sheet.shape == (2 * 10 - 2, 4 * 10 - 2, 3)
    assert sheet[4, 4::10, 0].tolist() == [100, 76, 101, 152]
    assert sheet[14, 4::10, 0].tolist() == [102, 76, 102, 153]
    assert "as it was, cat, dog, fox" in capsys.readouterr().out


def test_folders_of_domains():
    assert folder_name("Food & Drink/Übung+1") == "Food & Drink-Übung+1"
    assert folder_name("../a:b") == "---a-b"


def test_what_label_asks_for():
    network = types.SimpleNamespace(class_names=("a", "b", "c,d"))
    assert domains(network, "all") == {"a": "a", "b": "b", "c,d": "c,d"}
    assert domains(network, "a,b") == {"a,b": ["a", "b"]}
    assert domains(network, "c,d") == {"c,d": "c,d"}
    assert domains(network, None) == {None: None}


def test_one_domain(dyer, tmp_path, fails):
    image, out = write(tmp_path / "a.png", 8, 12, 100), tmp_path / "out"
    cli.main(["translate", dyer, image, "--label", "fox", "--out", str(out)])
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "sheet.png"]
    assert np.all(pixels(out / "a.png") == 152)
    assert "pass a `label`, a number from 0 to 2 or one of cat" in fails(
        "translate", dyer, image, "--out", str(out)
    )


def test_the_style_of_a_reference(styler, tmp_path, fails):
    image, reference = (write(tmp_path / f"{level}.png", 8, 8, level) for level in (100, 200))
    flags = ["--label", "dog", "--out", str(tmp_path / "out")]
    cli.main(["translate", styler, image, "--reference", reference, *flags])
    assert np.all(pixels(tmp_path / "out" / "100.png") == np.round(50 + 20 + 25.5))
    assert "pass a `label`" in fails("translate", styler, image, "--reference", reference, *flags[2:])
