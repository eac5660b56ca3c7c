"""JSON that says one thing only."""

import math

import pytest

from keras_gans.importers.readers import Unreadable, strict_json


def test_an_object():
    assert strict_json.parse(memoryview(b'{"a": [1, null]}'), "it") == {"a": [1, None]}


def test_limits_of_configurations_may_be_infinite():
    """Schedulers of Diffusers have them."""
    text = b'{"a": -Infinity, "b": Infinity}'
    assert strict_json.parse(text, "it", infinite=True) == {"a": -math.inf, "b": math.inf}
    with pytest.raises(Unreadable, match="NaN is no number"):
        strict_json.parse(b'{"a": NaN}', "it", infinite=True)


@pytest.mark.parametrize(
    "text, message",
    [
        (b'{"a": 1, "b": 2, "a": 1}', "the key 'a' twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b"[]", "no JSON object"),
        (b"{", "no JSON"),
        (b'{"a": "\xff"}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b" " * (strict_json.LIMIT + 1), "Allowed are 16,777,216"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(Unreadable, match=f"its header .*{message}"):
        strict_json.parse(text, "its header")
