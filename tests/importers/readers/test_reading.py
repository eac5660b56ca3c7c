"""Which kind a file is, and what is refused by its first bytes."""

import ast
import os
import sys
from pathlib import Path

import pytest

from keras_gans.importers import readers
from keras_gans.importers.readers import Unreadable, read


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read(tmp_path / "none")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", r"weights cannot be read: it is empty\. Download it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid", r"a pointer of Git LFS, .* Run `git lfs pull`"),
        (b"\n<!DOCTYPE html><html>", r"a page of HTML, which is what a download .* Download it again"),
        (b"<?xml version='1.0'?>", "a page of HTML"),
        (b"name".ljust(257, b"\0") + b"ustar\0", r"a tar file, .* Save it again"),
        (b"\x1f\x8b\x08", "it is compressed. Unpack it first"),
        (b"\x93NUMPY\1\0", "one array of NumPy"),
        (b'{"a": 1}', "it is JSON. Give the folder"),
        (b"weights of old", r"it begins with b'weights of old'\. Allowed are files of PyTorch"),
        (b"PK\5\6" + bytes(18), "a ZIP file with 0 members"),
        (b"PK\3\4", "its directory is damaged"),
    ],
)
def test_other_files(file, content, message):
    with pytest.raises(Unreadable, match=message):
        read(file(content))


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(Unreadable, match=r"a folder without model_index\.json and config\.json"):
        read(tmp_path)


def test_neither_file_nor_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="neither a file nor a folder"):
        read(tmp_path / "pipe")


def test_weights_of_a_folder_only(file):
    with pytest.raises(Unreadable, match="`weights` names a file of a folder"):
        read(file(b"PK"), weights="other")


def test_long_names_do_not_fill_the_message(file):
    long = b"X" + (5000).to_bytes(4, "little") + b"n" * 5000
    with pytest.raises(Unreadable, match="refers to `nnn") as caught:
        read(file(b"\x80\4" + long + long + b"\x93."))
    assert len(str(caught.value)) < 1500


def test_what_the_readers_import():
    """Neither PyTorch nor TensorFlow, nor anything else that could run what a file holds."""
    allowed = {"numpy", "ml_dtypes", "h5py", "keras_gans"} | (
        sys.stdlib_module_names - {"importlib", "runpy"}
    )
    for path in Path(readers.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text())
        found = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        found |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert {name.partition(".")[0] for name in found} <= allowed
        assert all(name.startswith("keras_gans.importers.readers") for name in found if "keras_gans" in name)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"eval", "exec", "compile", "__import__"}
