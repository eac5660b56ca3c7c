import numpy as np
import pytest
import tensorflow as tf

from harness import discriminator_view
from keras_gans.losses import Term
from keras_gans.losses.term import per_example


class Constant(Term):
    def value(self, view):
        return self.weight * tf.ones(len(view.real_images))


def test_arguments_are_kept():
    term = Constant(weight=3.0, interval=16, name="constant")
    assert term.get_config() == {"weight": 3.0, "interval": 16, "name": "constant"}
    assert term == Constant(weight=3.0, interval=16, name="constant")
    assert term != Constant(weight=3.0, interval=8, name="constant")
    assert repr(term) == "Constant(weight=3.0, interval=16, name='constant')"
    view = discriminator_view(real_images=np.zeros((2, 1, 1, 1)))
    assert term.value(view).numpy().tolist() == [3.0, 3.0]


@pytest.mark.parametrize("interval", [0, -1])
def test_interval_counts_from_1(interval):
    with pytest.raises(ValueError, match=f"`interval` must be at least 1. Received: {interval}"):
        Constant(weight=1.0, interval=interval, name="constant")


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_are_numbers_from_0(weight):
    with pytest.raises(
        ValueError, match=f"`weight` must be a number from 0 or a `ChangingWeight`. Received: {weight}"
    ):
        Constant(weight=weight, name="constant")


def test_a_term_without_a_value_is_abstract():
    with pytest.raises(NotImplementedError):
        Term(weight=1.0, name="nothing").value(None)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_per_example(dtype):
    logits = np.array([[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [0.0, -2.0]]], dtype)[..., None]
    means = per_example(logits)
    assert means.dtype == "float32"
    assert means.numpy().tolist() == [3.0, -0.5]
    assert per_example(np.array([[4.0], [5.0]], dtype)).numpy().tolist() == [4.0, 5.0]


def test_the_mean_over_patches_does_not_overflow_in_float16():
    assert per_example(np.full((1, 8, 8, 1), 60000.0, "float16")).numpy().tolist() == [60000.0]
