import subprocess
import sys
from pathlib import Path

import demo
import imageio.v3 as iio
import pytest


def test_another_folder_is_not_replaced(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    with pytest.raises(SystemExit):
        demo.main(["--out", str(tmp_path / "photos")])
    assert "is no demo" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_way(tmp_path):
    """`make demo` with three steps a phase: trained, exported, checked, loaded by hub, drawn, animated."""
    script = Path(demo.__file__)
    command = [sys.executable, script, "--out", tmp_path / "demo", "--images", "160"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "hub.load gave (36, 16, 16, 3) images" in done.stdout
    assert iio.imread(tmp_path / "demo" / "hub_grid.png").shape == (384, 384, 3)
    assert iio.imread(tmp_path / "demo" / "walk.gif").shape[0] == 60
    assert (tmp_path / "demo" / "run" / "export" / "README.md").exists()
