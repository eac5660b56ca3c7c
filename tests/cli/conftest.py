"""Commands that fail."""

import pytest

from keras_gans import cli


@pytest.fixture
def fails(capsys):
    """`fails(*argv)` runs a command that must fail and returns the line that it prints."""

    def run(*argv):
        with pytest.raises(SystemExit) as exit:
            cli.main(list(argv))
        printed = capsys.readouterr().err
        assert exit.value.code == 2
        assert printed.startswith("keras-gans: error: ") and printed.count("\n") == 1
        return printed

    return run
