"""Commands that fail."""

import re
import shutil
from pathlib import Path

import pytest

from keras_gans import cli

# Arguments of Python; a command's own are flags. What an export takes and gives stays in backticks.
PYTHON = re.compile(
    r"\w=(True|False|None)\b|`(label|seed|truncation|resolution|split|real|crop|size|force)`|\[Errno"
)


@pytest.fixture
def fails(capsys):
    """`fails(*argv)` runs a command that must fail and returns the line that it prints."""

    def run(*argv):
        with pytest.raises(SystemExit) as exit:
            cli.main(list(argv))
        printed = capsys.readouterr().err
        assert exit.value.code == 2
        assert printed.startswith("keras-gans: error: ") and printed.count("\n") == 1
        assert not PYTHON.search(printed), "the shell has flags"
        return printed

    return run


@pytest.fixture
def own_copy(tmp_path):
    """`own_copy(path)` -> path of a copy of a shared export, which the test may change."""
    return lambda path: str(shutil.copytree(path, tmp_path / "own" / Path(path).name))
