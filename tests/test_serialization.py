import keras
import pytest

from keras_gans.serialization import PACKAGE, Configurable, Network, register


@register
class Pair(Configurable):
    def __init__(self, left, *, right=2.0):
        pass


@register
class Other(Configurable):
    def __init__(self, left, *, right=2.0):
        pass


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


def test_every_argument_is_an_attribute_before_the_constructor_runs():
    class Derived(Pair):
        def __init__(self, *, more=3, **kwargs):
            self.sum = self.more + self.right
            super().__init__(**kwargs)

    derived = Derived(left=1)
    assert derived.sum == 5.0
    assert derived.get_config() == {"more": 3, "left": 1, "right": 2.0}
    derived.keep(right=4)
    assert (derived.right, derived.get_config()["right"]) == (4, 4)


def test_a_missing_argument_is_the_constructor_s_error():
    with pytest.raises(TypeError, match="left"):
        Pair()


def test_nested_objects_and_tuples_survive_the_configuration():
    pair = Pair((Other(1), 2), right=keras.DTypePolicy("mixed_bfloat16"))
    config = pair.get_config()
    assert config["right"] == "mixed_bfloat16"
    assert Pair.from_config(config).left == [Other(1), 2]


def test_a_network_says_its_arguments_once():
    @register
    class Scale(Network):
        def __init__(self, *, units=3, dtype=None, name="scale"):
            images = keras.Input((units,), name="images")
            super().__init__(images, keras.layers.Dense(units, dtype=self.policy)(images))

    network = Scale(units=2, dtype="mixed_bfloat16", name="other")
    assert (network.units, network.name, network.policy.name) == (2, "other", "mixed_bfloat16")
    config = network.get_config()
    assert config == {"units": 2, "dtype": "mixed_bfloat16", "name": "other", "trainable": True}
    network.trainable = False
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert type(again) is Scale
    assert not again.trainable_weights
    with pytest.raises(TypeError, match="width"):
        Scale(width=2)


def test_registration():
    assert PACKAGE == "keras_gans"
    assert keras.saving.get_registered_name(Pair) == "keras_gans>Pair"
    assert keras.saving.get_registered_object("keras_gans>Pair") is Pair


def test_keras_serializes_it():
    config = keras.saving.serialize_keras_object(Pair([1, 2], right=None))
    assert config["registered_name"] == "keras_gans>Pair"
    assert keras.saving.deserialize_keras_object(config) == Pair([1, 2], right=None)
