"""The programs of the README run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
FOREIGN = [program for program in PROGRAMS if "keras_gans" not in program.replace("_gans/", "")]


def run(program, folder, *, block):
    """Runs a program in a folder that has `savedmodels`, without keras_gans where `block` says so."""
    (folder / "savedmodels").symlink_to(ROOT / "savedmodels")
    guard = "import sys\nsys.modules['keras_gans'] = None\n" if block else ""
    script = folder / "program.py"
    script.write_text(guard + program, encoding="utf-8")
    done = subprocess.run([sys.executable, script.name], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_there_are_programs_of_both_kinds():
    assert len(FOREIGN) == 7
    assert len(PROGRAMS) == 9


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs_run(number, tmp_path):
    program = PROGRAMS[number]
    output = run(program, tmp_path, block=program in FOREIGN)
    if "animation.gif" in program:
        import imageio.v3 as iio

        assert iio.imread(tmp_path / "animation.gif").shape == (50, 32, 32, 3)
    if "mean distance" in output:
        first, last = map(float, re.search(r"([\d.]+) -> ([\d.]+)", output).groups())
        assert last < 0.5 * first
    if "thumbnails" in program:
        assert "(4, 16, 16, 3)" in output
    if "sngan" in program:
        assert output.strip() == "(4, 32, 32, 3) (4, 32, 32, 3)"
    if "ddpm" in program:
        assert output.strip() == "(4, 32, 32, 3) (4, 32, 32, 3) (4, 3072)"


def test_links_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"
