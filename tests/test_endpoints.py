import keras

from keras_gans.endpoints import Argument, limits, open_size, open_sizes


def test_an_argument_is_a_spec_with_limits():
    steps = Argument((), "int64", minimum=1, maximum=50)
    assert isinstance(steps, keras.InputSpec)
    assert steps.shape == () and steps.dtype == "int64" and limits(steps) == (1, 50)
    assert limits(Argument((None, 3))) == (None, None)
    assert Argument((None, 3)).dtype == "float32"


def test_any_spec_has_limits():
    assert limits(keras.InputSpec(shape=(None, 2))) == (None, None)


def test_open_sizes():
    assert open_sizes(Argument((None, None, None, 3), multiple=4, smallest=8)) == (4, 8)
    assert open_sizes(Argument((None, None, None, 3), multiple=4)) == (4, 4)
    assert open_sizes(keras.InputSpec(shape=(None, None, 3))) == (1, 1)
    assert open_sizes(Argument((None, 8, 8, 3), multiple=4)) is None
    assert open_sizes(Argument(())) is None


def test_an_open_size_that_is_allowed():
    assert [open_size(*sizes) for sizes in ((1, 1), (4, 8), (12, 12), (256, 256), (5, 50))] == [
        32,
        32,
        36,
        256,
        50,
    ]
