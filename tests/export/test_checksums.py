import shutil

import pytest

from keras_gans.export import checksums, load


def test_digest(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    # FIPS 180-4, example of SHA-256.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksums.digest(tmp_path / "file") == expected


def test_text_round_trip(tmp_path):
    sums = {"b c": "00", "a": "11"}
    (tmp_path / checksums.FILE).write_text(checksums.as_text(sums))
    assert checksums.read(tmp_path) == sums


def test_flipped_byte_missing_and_added_files_are_named(exported, tmp_path):
    path = tmp_path / "1"
    shutil.copytree(exported, path)
    load(path, verify=True)
    weights = next(path.glob("variables/variables.data*"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match=f"differs: variables/{weights.name}"):
        load(path, verify=True)
    (path / "card.json").unlink()
    with pytest.raises(ValueError, match=r"missing: card\.json"):
        load(path, verify=True)
    (path / "extra").touch()
    with pytest.raises(ValueError, match="not on the list: extra"):
        load(path, verify=True)
    (path / checksums.FILE).unlink()
    with pytest.raises(FileNotFoundError, match=checksums.FILE):
        load(path, verify=True)
