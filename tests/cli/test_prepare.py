import numpy as np
import pytest
from PIL import Image

from keras_gans import cli


def test_prepare(tmp_path, capsys):
    source = tmp_path / "photos"
    source.mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (20, 30, 3), "uint8")
        Image.fromarray(noise).save(source / f"{number}.png")
    command = ["prepare", str(source), str(tmp_path / "out"), "--resolution", "8"]
    assert cli.main([*command, "--crop", "center"]) == 0
    assert "3" in capsys.readouterr().out
    pictures = list((tmp_path / "out").rglob("*.png"))
    assert len(pictures) == 3 and all(Image.open(picture).size == (8, 8) for picture in pictures)
    (source / "3.png").write_bytes(b"")
    command[2] = str(tmp_path / "other")
    with pytest.raises(SystemExit):
        cli.main(command)
    shown = capsys.readouterr().err
    assert "1 of 4 images of photos cannot be used" in shown and "Pass --force to leave them out" in shown
    assert f"What was done is kept in {tmp_path / '.other.partial'}; the same call goes on" in shown
    assert cli.main([*command, "--force"]) == 0
    assert "1 skipped" in capsys.readouterr().out
