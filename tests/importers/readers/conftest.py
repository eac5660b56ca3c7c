import pytest


@pytest.fixture
def file(tmp_path):
    """Writes bytes into a file whose ending says nothing."""

    def file(content):
        (tmp_path / "weights").write_bytes(content)
        return tmp_path / "weights"

    return file
