"""JSON that says one thing only."""

import json

from keras_gans.importers.readers.content import Unreadable

LIMIT = 2**24  # bytes; the header of 100,000 tensors
INFINITE = ("Infinity", "-Infinity")


def parse(data, what, *, infinite=False):
    """Parses a JSON object.

    Args:
        data: bytes or memoryview.
        what: str. What it is, for errors.
        infinite: bool. Whether numbers may be infinite, as limits in configurations are.

    Returns:
        dict.

    Raises:
        Unreadable: if it is longer than 16 MiB, no object, names a key twice, or has NaN, or infinite numbers
            that are not allowed.
    """
    if len(data) > LIMIT:
        raise Unreadable(f"{what} has {len(data):,} bytes. Allowed are {LIMIT:,}.")
    try:
        value = json.loads(
            bytes(data),
            object_pairs_hook=_unique,
            parse_constant=lambda text: _number(text, INFINITE if infinite else ()),
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no JSON object")
    return value


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"it has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found


def _number(text, allowed):
    if text not in allowed:
        raise ValueError(f"{text} is no number")
    return float(text)
