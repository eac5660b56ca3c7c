import keras

from keras_gans.endpoints import Argument, limits


def test_an_argument_is_a_spec_with_limits():
    steps = Argument((), "int64", minimum=1, maximum=50)
    assert isinstance(steps, keras.InputSpec)
    assert steps.shape == () and steps.dtype == "int64" and limits(steps) == (1, 50)
    assert limits(Argument((None, 3))) == (None, None)
    assert Argument((None, 3)).dtype == "float32"


def test_any_spec_has_limits():
    assert limits(keras.InputSpec(shape=(None, 2))) == (None, None)
