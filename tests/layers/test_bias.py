import pytest
from layer_check import check_layer

from keras_gans.layers import Bias


@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 3, 5)])
def test_bias(shape):
    check_layer(Bias, shapes=[shape], weights={"bias": (5,)}, reference=lambda x, bias: x + bias)


def test_starts_at_zero():
    layer = Bias()
    layer.build((None, 7))
    assert layer.bias.numpy().tolist() == [0.0] * 7
