"""Which kind a file is."""

import pytest

from keras_gans.importers.readers import Unreadable, read


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        read(tmp_path / "none")


def test_an_empty_file(file):
    with pytest.raises(Unreadable, match=r"weights cannot be read: it is empty\. Download it again"):
        read(file(b""))
