import pytest
from PIL import Image

from keras_gans import cli


@pytest.mark.parametrize("method", ["slerp", "hypersphere"])
def test_interpolate(preset, tmp_path, method):
    out = str(tmp_path / "walk.gif")
    command = ["interpolate", preset, "--seeds", "1,2,3", "--frames", "9", "--method", method]
    assert cli.main([*command, "--fps", "10", "--out", out]) == 0
    with Image.open(out) as film:
        assert film.n_frames == 9 and film.size == (4, 4) and film.info["duration"] == 100


def test_one_seed_is_no_path(preset, tmp_path, fails):
    out = str(tmp_path / "x.gif")
    assert "2 or more" in fails("interpolate", preset, "--seeds", "1", "--out", out)
