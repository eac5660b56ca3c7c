"""Commands that fail."""

import re

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
