import keras
import pytest

from keras_gans.serialization import PACKAGE, Configurable, register


@register
class Pair(Configurable):
    def __init__(self, left, *, right=2.0):
        self.left = left
        self.right = right


@register
class Other(Configurable):
    def __init__(self, left, *, right=2.0):
        self.left = left
        self.right = right


def test_config_is_the_constructor_s_arguments():
    pair = Pair(1)
    pair.derived = 5
    assert pair.get_config() == {"left": 1, "right": 2.0}
    again = Pair.from_config({"left": 1, "right": 3.0})
    assert (again.left, again.right) == (1, 3.0)


def test_equality():
    assert Pair(1) == Pair(1, right=2.0)
    assert Pair(1) != Pair(2)
    assert Pair(1) != Other(1)
    assert Pair(1) != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair(1))


def test_repr_is_python():
    assert repr(Pair("a")) == "Pair(left='a', right=2.0)"
    assert eval(repr(Pair("a"))) == Pair("a")


def test_an_argument_that_is_not_stored_is_an_error():
    class Forgetful(Configurable):
        def __init__(self, value):
            self.other = value

    with pytest.raises(AttributeError, match="value"):
        Forgetful(1).get_config()


def test_registration():
    assert PACKAGE == "keras_gans"
    assert keras.saving.get_registered_name(Pair) == "keras_gans>Pair"
    assert keras.saving.get_registered_object("keras_gans>Pair") is Pair


def test_keras_serializes_it():
    config = keras.saving.serialize_keras_object(Pair([1, 2], right=None))
    assert config["registered_name"] == "keras_gans>Pair"
    assert keras.saving.deserialize_keras_object(config) == Pair([1, 2], right=None)
