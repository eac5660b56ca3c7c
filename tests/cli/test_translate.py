import types
import weakref

import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, data
from keras_gans.cli import pictures, translate
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


def test_backward_at_a_size(darkener, tmp_path, capsys):
    image = write(tmp_path / "a.png", 20, 30, 40)
    flags = ["--direction", "backward", "--size", "8", "--out", str(tmp_path / "out")]
    cli.main(["translate", darkener, image, *flags])
    assert f"{tmp_path / 'out'}: 1 image, and" in capsys.readouterr().out
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
    assert "pass a --label, a number from 0 to 2 or one of cat" in fails(
        "translate", dyer, image, "--out", str(out)
    )


def test_the_style_of_a_reference(styler, tmp_path, fails):
    image, reference = (write(tmp_path / f"{level}.png", 8, 8, level) for level in (100, 200))
    flags = ["--label", "dog", "--out", str(tmp_path / "out")]
    cli.main(["translate", styler, image, "--reference", reference, *flags])
    assert np.all(pixels(tmp_path / "out" / "100.png") == np.round(50 + 20 + 25.5))
    assert "pass a --label" in fails("translate", styler, image, "--reference", reference, *flags[2:])
    flags = ["--label", "dog", "--reference", str(tmp_path / "out" / "100.png"), "--overwrite", *flags[2:]]
    assert "never written over. Choose another output than" in fails("translate", styler, image, *flags)


def test_photos_stay_what_they_are(darkener, tmp_path, fails):
    folder, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.png", "deep/b.png", "c.bmp"):
        write(folder / name, 8, 8, 40)
    for options in ([], ["--overwrite"]):
        shown = fails("translate", darkener, str(folder), "--out", str(folder), *options)
        assert f"An input is never written over. Choose another output than {folder / 'a.png'}" in shown
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "c.bmp", "deep"]
    command = ["translate", darkener, str(folder), "--out", str(out)]
    write(out / "deep-b.png", 4, 4, 1)
    assert f"It exists already: {out / 'deep-b.png'}. " in fails(*command)
    assert [path.name for path in out.iterdir()] == ["deep-b.png"]
    cli.main([*command, "--overwrite"])
    assert np.all(pixels(out / "deep-b.png") == 20) and len(list(out.iterdir())) == 4
    assert "They exist already" in fails(*command)


def test_one_photo_is_held_at_a_time(dyer, tmp_path, monkeypatch):
    for number in range(6):
        write(tmp_path / "in" / f"{number}.png", 8, 12, number)
    decoded, alive = [], []
    plain = data.ImageFolder.read

    def read(source, index):
        alive.append(sum(image() is not None for image in decoded))
        image = plain(source, index)
        decoded.append(weakref.ref(image))
        return image

    monkeypatch.setattr(data.ImageFolder, "read", read)
    flags = ["--label", "all", "--out", str(tmp_path / "out")]
    assert cli.main(["translate", dyer, str(tmp_path / "in"), *flags]) == 0
    # Each once to see that all can be used; later the one before is still there.
    assert len(decoded) == 12 and max(alive[:6]) == 0 and max(alive) == 1


def test_a_sheet_of_the_first_of_many(darkener, tmp_path, capsys):
    for number in range(34):
        write(tmp_path / "in" / f"{number:02d}.png", 8, 8, 2 * number)
    cli.main(["translate", darkener, str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert "34 images, and before and after of the first 32 in sheet.png" in capsys.readouterr().out
    sheet = pixels(tmp_path / "out" / "sheet.png")
    assert sheet.shape == (8 * 10 - 2, 8 * 10 - 2, 3) and sheet[-1, -1, 0] == 31
    assert np.all(pixels(tmp_path / "out" / "33.png") == 33)


def test_nothing_is_done_beside_what_cannot_be_used(darkener, tmp_path, fails):
    write(tmp_path / "in" / "a.png", 8, 8, 0)
    for number in range(7):
        (tmp_path / "in" / f"b{number}.png").write_bytes(b"<html>")
    shown = fails("translate", darkener, str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    assert (
        "7 of 8 images cannot be used: " in shown
        and "b4.png: no image" in shown
        and "; and 2 more. " in shown
    )
    assert not (tmp_path / "out").exists()


def test_mistakes_are_found_before_photos_are_decoded(dyer, noisy_darkener, tmp_path, fails, monkeypatch):
    photo, out = write(tmp_path / "a.png", 8, 8, 0), str(tmp_path / "out")
    monkeypatch.setattr(pictures, "check", lambda *all, **options: pytest.fail("it worked first"))
    assert "pass a --label" in fails("translate", dyer, photo, "--out", out)
    assert "--size must be 8" in fails("translate", noisy_darkener, photo, "--size", "9", "--out", out)
    flags = ["--label", "cat", "--reference", "none.png", "--out", out]
    assert "none.png: cannot be read: No such file" in fails("translate", dyer, photo, *flags)
    flags = ["--direction", "backward", "--out", out]
    assert "--direction must be forward" in fails("translate", noisy_darkener, photo, *flags)


def test_domains_that_would_share_a_folder(dyer, tmp_path, fails, monkeypatch):
    monkeypatch.setattr(translate, "folder_name", lambda label: "same")
    photo = write(tmp_path / "a.png", 8, 8, 0)
    command = ["translate", dyer, photo, "--label", "all", "--out", str(tmp_path / "out")]
    assert "Outputs need names of their own" in fails(*command, "--overwrite")
