import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from keras_gans import losses
from keras_gans.presets.typed import Checked, decode, describe, encode, suggestion


@dataclass(frozen=True, kw_only=True)
class Part(Checked):
    width: int = 1


@dataclass(frozen=True, kw_only=True)
class WidePart(Part):
    share: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Whole(Checked):
    text: str
    number: float = 0.0
    choice: Literal["a", "b"] | None = None
    sizes: dict[int, float] = dataclasses.field(default_factory=dict)
    either: int | dict[int, int] | None = None
    names: str | tuple[str, ...] | None = None
    part: Part = Part()
    parts: tuple[Part, ...] = ()
    terms: tuple[losses.Term, ...] = ()
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    on: bool = False


FULL = Whole(
    text="ü",
    number=1 / 3,
    choice="b",
    sizes={8: 0.1, 16: 3},
    either={4: 2},
    names=("x", "y"),
    part=WidePart(share=0.1),
    parts=[Part(), WidePart(width=3)],
    terms=[losses.R1(weight=2.0, interval=16)],
    config={"a": [1, {"b": None}]},
    on=True,
)


def test_values_are_what_the_annotations_say():
    assert FULL.sizes == {8: 0.1, 16: 3.0} and type(FULL.sizes[16]) is float
    assert FULL.parts == (Part(), WidePart(width=3))


@pytest.mark.parametrize("value", [FULL, Whole(text=""), Whole(text="", either=3, names="one")])
def test_json_reads_back_what_was_written(value):
    again = Whole.from_json(value.to_json())
    assert again == value and again.to_json() == value.to_json()
    assert type(again.part) is type(value.part) and type(again.terms) is tuple


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"txt": ""}, r"Whole has no field 'txt'. Did you mean 'text'\? Allowed: text, number, "),
        ({"text": 1}, r"`text` of Whole must be str. Received: 1 \(int\)"),
        ({"number": True}, "`number` of Whole must be float"),
        ({"number": "1"}, "`number` of Whole must be float"),
        ({"on": 1}, "`on` of Whole must be bool"),
        ({"choice": "c"}, "must be 'a' or 'b' or None. Received: 'c'"),
        ({"sizes": {"8": 1.0}}, "`sizes` of Whole must be int"),
        ({"sizes": [1]}, "must be a dict of int to float"),
        ({"either": 1.5}, "must be int or a dict of int to int or None"),
        ({"either": True}, "must be int or a dict"),
        ({"part": {}}, "must be Part. Received: {}"),
        ({"terms": [losses.Hinge()]}, r"`terms` of Whole\[0\] must be Term"),
        ({"parts": Part()}, "must be a sequence of Part"),
    ],
)
def test_other_values_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        FULL.replace(**changes)


def changed(**changes):
    return {**FULL.to_config(), **changes}


@pytest.mark.parametrize(
    "config, message",
    [
        (changed(txt=1), "Whole has the unknown key 'txt'. Did you mean 'text'"),
        ({"type": "Whole", "text": "a"}, "Whole lacks the keys number, choice, "),
        (changed(type="Part"), "`type` of Whole must be one of Whole. Received: 'Part'"),
        (changed(part={"type": "Other"}), "`type` of Whole.part must be one of Part, WidePart"),
        (changed(part=[]), "`type` of Whole.part must be one of"),
        (changed(sizes={"x": 1.0}), "Keys of Whole.sizes must be whole numbers. Received: 'x'"),
        (changed(parts=[{"type": "Part", "width": "1"}]), r"Whole.parts\[0\].width must be int"),
        (changed(either="x"), "must be int or a dict"),
    ],
)
def test_json_is_read_strictly(config, message):
    with pytest.raises(ValueError, match=message):
        Whole.from_config(config)


def test_an_object_of_another_class_is_refused():
    with pytest.raises(ValueError, match=r"Whole.terms\[0\] must be Term. Received: Hinge"):
        Whole.from_config(changed(terms=[encode(losses.Hinge())]))


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.text = "other"


def test_words():
    assert describe(int | None) == "int or None" and describe(Any) == "anything"
    assert suggestion("gama", ["gamma", "x"]) == " Did you mean 'gamma'?"
    assert suggestion("q", ["gamma"]) == ""
    assert decode({"a": 1}, dict[str, Any], "x") == {"a": 1}
