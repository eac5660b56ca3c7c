import numpy as np

from harness import check_config
from keras_gans.losses import LeastSquares, NonSaturating, ScaledLoss

LOGITS = np.array([[0.0], [2.0], [-1.0]], "float32")


def test_cyclegan_halves_the_discriminator_alone():
    """Equations of 1703.10593, section 4: D ((l_real - 1)^2 + l_fake^2) / 2, G (l_fake - 1)^2."""
    loss = ScaledLoss(LeastSquares(), generator_weight=2.0)
    np.testing.assert_allclose(loss.generator(LOGITS), [1.0, 1.0, 4.0])
    np.testing.assert_allclose(loss.discriminator(LOGITS, LOGITS[::-1]), [1.0, 2.5, 2.0])


def test_pix2pix_halves_the_discriminator():
    loss = ScaledLoss(NonSaturating(), discriminator_weight=0.5)
    np.testing.assert_allclose(loss.discriminator(0 * LOGITS, 0 * LOGITS), [np.log(2.0)] * 3, rtol=1e-6)
    np.testing.assert_allclose(loss.generator(LOGITS), np.log1p(np.exp(-LOGITS[:, 0])), rtol=1e-6)


def test_configuration():
    loss = ScaledLoss(LeastSquares(generator_target=0.5), discriminator_weight=0.5)
    again = check_config(loss, {"discriminator_weight": 0.5, "generator_weight": 1.0})
    assert again == loss and again.loss == LeastSquares(generator_target=0.5)
    assert again != ScaledLoss(LeastSquares(), discriminator_weight=0.5)
