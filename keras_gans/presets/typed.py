"""Dataclasses whose values are checked against their annotations, and JSON that reads back what was written.

Beside numbers, text, lists and dicts, a field may hold another dataclass, or an object of this package that
Keras can write, such as a loss term.
"""

import dataclasses
import difflib
import json
import types
import typing
from typing import Any, ClassVar, TypeVar

import keras

Spec = TypeVar("Spec", bound="Checked")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """Base of frozen dataclasses: fields are checked when an object is made, and written to JSON and read.

    An int stands for a float and a list for a tuple, as in JSON; all else must be what the annotation says.

    Raises:
        ValueError: if a field is not of its type.
    """

    added: ClassVar[tuple[str, ...]] = ()  # fields, with a default, that files of earlier versions lack

    def __post_init__(self) -> None:
        for name, hint in hints(type(self)).items():
            value = conform(getattr(self, name), hint, f"`{name}` of {type(self).__name__}")
            object.__setattr__(self, name, value)

    def replace(self: Spec, **changes: Any) -> Spec:
        """Returns a copy with other values in some fields.

        Raises:
            ValueError: if there is no such field, with the names that there are; or if a value has not the
            field's type.
        """
        check_names(changes, hints(type(self)), f"{type(self).__name__} has no field")
        return dataclasses.replace(self, **changes)

    def to_config(self) -> dict[str, Any]:
        """Returns the object as a dict that JSON can hold."""
        return encode(self)

    @classmethod
    def from_config(cls: type[Spec], config: dict[str, Any]) -> Spec:
        """Makes the object that `to_config` described, of this class or of one derived from it.

        Raises:
            ValueError: if a key is unknown or missing, or a value has not the type of its field.
        """
        return decode(config, cls, cls.__name__)

    def to_json(self) -> str:
        """Returns the object as JSON text."""
        return json.dumps(self.to_config(), indent=2) + "\n"

    @classmethod
    def from_json(cls: type[Spec], text: str) -> Spec:
        """Makes the object that `to_json` described.

        Raises:
            ValueError: if the text is no JSON, or as in `from_config`.
        """
        return cls.from_config(json.loads(text))


def hints(cls: type) -> dict[str, Any]:
    """Returns the fields of a dataclass with their resolved annotations."""
    found = typing.get_type_hints(cls)
    return {field.name: found[field.name] for field in dataclasses.fields(cls)}


def check_names(given: Any, allowed: Any, problem: str) -> None:
    """Raises a ValueError that names the first of `given` that is not among `allowed`, and what is."""
    for name in given:
        if name not in allowed:
            raise ValueError(f"{problem} '{name}'.{suggestion(name, allowed)} Allowed: {', '.join(allowed)}")


def suggestion(name: str, names: Any) -> str:
    """Returns " Did you mean 'x'?" for the most similar of `names`, or nothing."""
    close = difflib.get_close_matches(name, names, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def encode(value: Any) -> Any:
    """Returns a value as JSON can hold it."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {"type": type(value).__name__, **{name: encode(getattr(value, name)) for name in names}}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return keras.saving.serialize_keras_object(value) if hasattr(value, "get_config") else value


def decode(data: Any, hint: Any, where: str) -> Any:
    """Returns the value of type `hint` that `encode` wrote as `data`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(data, arguments, hint, where)
    if origin is tuple and isinstance(data, list):
        return tuple(decode(item, arguments[0], f"{where}[{i}]") for i, item in enumerate(data))
    if origin is dict and isinstance(data, dict):
        key, item = arguments
        return {
            _key(name, key, where): decode(value, item, f"{where}[{name}]") for name, value in data.items()
        }
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _decode_dataclass(data, hint, where)
    if isinstance(hint, type) and hasattr(hint, "get_config") and isinstance(data, dict):
        return conform(keras.saving.deserialize_keras_object(data), hint, where)
    return conform(data, hint, where)


def conform(value: Any, hint: Any, where: str) -> Any:
    """Returns a value as its annotation wants it, or raises a ValueError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            try:
                return conform(value, option, where)
            except ValueError:
                continue
    elif origin is typing.Literal:
        if value in arguments:
            return value
    elif origin is tuple:
        if isinstance(value, (list, tuple)):
            return tuple(conform(item, arguments[0], f"{where}[{i}]") for i, item in enumerate(value))
    elif origin is dict:
        if isinstance(value, dict):
            key, item = arguments
            return {conform(k, key, where): conform(v, item, f"{where}[{k}]") for k, v in value.items()}
    elif hint is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{where} must be {describe(hint)}. Received: {value!r} ({type(value).__name__})")


def describe(hint: Any) -> str:
    """Returns an annotation in words: "int or None"."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is type(None):
        return "None"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(option) for option in arguments)
    if origin is typing.Literal:
        return " or ".join(repr(option) for option in arguments)
    if origin is tuple:
        return f"a sequence of {describe(arguments[0])}"
    if origin is dict:
        return f"a dict of {describe(arguments[0])} to {describe(arguments[1])}"
    return "anything" if hint is Any else hint.__name__


def _first_that_fits(data: Any, options: Any, hint: Any, where: str) -> Any:
    """Decodes one of several types; where there is only one besides None, the error is that type's."""
    if data is None and type(None) in options:
        return None
    real = [option for option in options if option is not type(None)]
    if len(real) == 1:
        return decode(data, real[0], where)
    for option in real:
        try:
            return decode(data, option, where)
        except ValueError:
            continue
    return conform(data, hint, where)


def _key(name: str, hint: Any, where: str) -> Any:
    """A key of a dict: JSON has no integers there."""
    if hint is int:
        if not name.isdecimal():
            raise ValueError(f"Keys of {where} must be whole numbers. Received: {name!r}")
        return int(name)
    return name


def _decode_dataclass(data: Any, hint: type, where: str) -> Any:
    classes = {cls.__name__: cls for cls in [hint, *_derived(hint)]}
    if not isinstance(data, dict) or data.get("type") not in classes:
        received = data.get("type") if isinstance(data, dict) else data
        raise ValueError(f"`type` of {where} must be one of {', '.join(classes)}. Received: {received!r}")
    cls = classes[data["type"]]
    given = {name: value for name, value in data.items() if name != "type"}
    known = hints(cls)
    check_names(given, known, f"{where} has the unknown key")
    missing = [name for name in known if name not in given and name not in cls.added]
    if missing:
        raise ValueError(f"{where} lacks the keys {', '.join(missing)}")
    return cls(**{name: decode(value, known[name], f"{where}.{name}") for name, value in given.items()})


def _derived(cls: type) -> list[type]:
    return [each for child in cls.__subclasses__() for each in [child, *_derived(child)]]
