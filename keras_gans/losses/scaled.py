"""An adversarial loss whose two sides count differently."""

from keras_gans.losses.adversarial import AdversarialLoss
from keras_gans.serialization import register


@register
class ScaledLoss(AdversarialLoss):
    """Another adversarial loss, multiplied by one factor for each player.

    Args:
        loss: `AdversarialLoss`.
        discriminator_weight: float. Factor of the discriminator's loss.
        generator_weight: float. Factor of the generator's loss.

    Example:
    ```python
    loss = keras_gans.losses.ScaledLoss(keras_gans.losses.LeastSquares(), generator_weight=2.0)
    loss.generator(keras.ops.zeros((4, 1)))  # 1 for each example
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), section 3.3, and
        [1703.10593](https://arxiv.org/abs/1703.10593), section 4: the discriminator's objective is halved.
    """

    def __init__(self, loss, *, discriminator_weight=1.0, generator_weight=1.0):
        self.needs_real_logits = loss.needs_real_logits

    def discriminator(self, real_logits, fake_logits):
        return self.discriminator_weight * self.loss.discriminator(real_logits, fake_logits)

    def generator(self, fake_logits, real_logits=None):
        return self.generator_weight * self.loss.generator(fake_logits, real_logits)
