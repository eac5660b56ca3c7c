import re
import tomllib
from pathlib import Path

import keras_gans
from keras_gans import version

ROOT = Path(__file__).parents[1]


def test_the_version_stands_in_one_place():
    assert keras_gans.__version__ == version.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", version.__version__)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"] and "version" not in project["project"]
    place = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert place == "keras_gans.version.__version__"
    assert f"## {version.__version__}" in (ROOT / "CHANGELOG.md").read_text()
