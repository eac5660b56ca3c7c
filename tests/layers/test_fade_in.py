import keras
import numpy as np
import pytest
from layer_check import check_layer

from harness import random_inputs
from keras_gans.layers import FadeIn


def test_fade_in():
    check_layer(
        FadeIn,
        shapes=[(2, 4, 3, 5)] * 2,
        non_trainable={"alpha": ()},
        reference=lambda old, new, alpha: (1 - alpha) * old + alpha * new,
    )


@pytest.mark.parametrize("alpha, expected", [(0.0, 2.0), (0.25, 3.0), (1.0, 6.0)])
def test_known_numbers(alpha, expected):
    layer = FadeIn()
    layer.build([(None, 2)] * 2)
    assert layer.alpha.numpy() == 1.0
    layer.alpha.assign(alpha)
    assert layer([np.full((1, 2), 2.0), np.full((1, 2), 6.0)]).numpy().tolist() == [[expected] * 2]


def test_alpha_is_saved_with_the_network(tmp_path):
    inputs = [keras.Input((3,)), keras.Input((3,))]
    model = keras.Model(inputs, FadeIn(name="fade_in")(inputs))
    model.get_layer("fade_in").alpha.assign(0.375)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("fade_in").alpha.numpy() == 0.375
    old, new = random_inputs([(2, 3)] * 2)
    np.testing.assert_allclose(loaded([old, new]), 0.625 * old + 0.375 * new, atol=1e-6)


def test_alpha_under_a_strategy(two_replicas):
    with two_replicas.scope():
        layer = FadeIn()
        layer.build([(None, 2)] * 2)
    layer.alpha.assign(0.5)
    values = two_replicas.run(lambda: layer([np.zeros((1, 2), "float32"), np.ones((1, 2), "float32")]))
    for value in two_replicas.experimental_local_results(values):
        assert value.numpy().tolist() == [[0.5, 0.5]]
