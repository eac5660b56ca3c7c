"""Files of records: a JSON object a line, each with the images seen until then."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from keras_gans import atomic


def read(path: Path) -> Iterator[tuple[str, dict]]:
    """Yields the lines of a file, each as text and as a record; nothing without a file.

    A line that is no record, such as the half of one that a killed run left, is passed over.
    """
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            record = json.loads(line)
            if isinstance(record, dict) and "images" in record:
                yield line, record


def cut(path: Path, images_seen: int) -> None:
    """Removes what a run has written after the state that it goes on from."""
    if path.exists():
        lines = [f"{line}\n" for line, record in read(path) if record["images"] <= images_seen]
        atomic.write_file(path, "".join(lines).encode())
