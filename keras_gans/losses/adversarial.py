"""The adversarial losses.

Each is a pair of functions of raw logits; `(batch, 1)` and patch maps `(batch, h, w, 1)` both give float32
`(batch,)`, the mean over an example's patches.
"""

from keras import ops

from keras_gans.losses.term import per_example
from keras_gans.serialization import Configurable, register


class AdversarialLoss(Configurable):
    """What each player minimises, from the discriminator's raw logits.

    Attributes:
        needs_real_logits: bool. Whether the generator's loss depends on the logits of real images. A trainer
            computes them in the generator's step only then, and passes `None` otherwise.
    """

    needs_real_logits = False

    def __init__(self):
        pass

    def discriminator(self, real_logits, fake_logits):
        """Returns the discriminator's loss, `(batch,)`."""
        raise NotImplementedError

    def generator(self, fake_logits, real_logits=None):
        """Returns the generator's loss, `(batch,)`."""
        raise NotImplementedError


@register
class Minimax(AdversarialLoss):
    """The zero-sum game: D minimises `-log D(x) - log(1 - D(G(z)))`, G minimises `log(1 - D(G(z)))`.

    With logits l: `softplus(-l_real) + softplus(l_fake)` and `-softplus(l_fake)`. The generator's gradient
    vanishes where the discriminator is sure; `NonSaturating` is what one trains with.

    Example:
    ```python
    keras_gans.losses.Minimax().generator(keras.ops.zeros((4, 1)))  # -log 2 for each example
    ```

    Reference:
        [1406.2661](https://arxiv.org/abs/1406.2661), equation 1.
    """

    def discriminator(self, real_logits, fake_logits):
        return per_example(ops.softplus(-real_logits)) + per_example(ops.softplus(fake_logits))

    def generator(self, fake_logits, real_logits=None):
        return -per_example(ops.softplus(fake_logits))


@register
class NonSaturating(Minimax):
    """As `Minimax` for D; G maximises `log D(G(z))`: `softplus(-l_fake)`.

    Example:
    ```python
    keras_gans.losses.NonSaturating().generator(keras.ops.zeros((4, 1)))  # log 2 for each example
    ```

    Reference:
        [1406.2661](https://arxiv.org/abs/1406.2661), section 3.
    """

    def generator(self, fake_logits, real_logits=None):
        return per_example(ops.softplus(-fake_logits))


@register
class LeastSquares(AdversarialLoss):
    """Squared distance to targets: D `((l_real - b)^2 + (l_fake - a)^2) / 2`, G `(l_fake - c)^2 / 2`.

    Args:
        fake_target: float. a, what D should say of fakes.
        real_target: float. b, what D should say of real images.
        generator_target: float. c, what G wants D to say of fakes.

    Example:
    ```python
    keras_gans.losses.LeastSquares().generator(keras.ops.zeros((4, 1)))  # 0.5 for each example
    ```

    Reference:
        [1611.04076](https://arxiv.org/abs/1611.04076), equations 2 and 9.
    """

    def __init__(self, *, fake_target=0.0, real_target=1.0, generator_target=1.0):
        pass

    def discriminator(self, real_logits, fake_logits):
        real = per_example(ops.square(real_logits - self.real_target))
        fake = per_example(ops.square(fake_logits - self.fake_target))
        return 0.5 * (real + fake)

    def generator(self, fake_logits, real_logits=None):
        return 0.5 * per_example(ops.square(fake_logits - self.generator_target))


@register
class Wasserstein(AdversarialLoss):
    """The critic's estimate of the earth mover's distance: D `l_fake - l_real`, G `-l_fake`.

    The critic must be Lipschitz: clip its weights or add a `GradientPenalty`.

    Example:
    ```python
    keras_gans.losses.Wasserstein().generator(keras.ops.ones((4, 1)))  # -1 for each example
    ```

    Reference:
        [1701.07875](https://arxiv.org/abs/1701.07875), equation 2.
    """

    def discriminator(self, real_logits, fake_logits):
        return per_example(fake_logits) - per_example(real_logits)

    def generator(self, fake_logits, real_logits=None):
        return -per_example(fake_logits)


@register
class Hinge(AdversarialLoss):
    """D `max(0, 1 - l_real) + max(0, 1 + l_fake)`, G `-l_fake`.

    Example:
    ```python
    keras_gans.losses.Hinge().discriminator(keras.ops.zeros((4, 1)), keras.ops.zeros((4, 1)))  # 2 for each
    ```

    Reference:
        [1705.02894](https://arxiv.org/abs/1705.02894); [1802.05957](https://arxiv.org/abs/1802.05957),
        equations 16 and 17.
    """

    def discriminator(self, real_logits, fake_logits):
        return per_example(ops.relu(1.0 - real_logits)) + per_example(ops.relu(1.0 + fake_logits))

    def generator(self, fake_logits, real_logits=None):
        return -per_example(fake_logits)


@register
class RelativisticPairing(AdversarialLoss):
    """Each player compares the logit of a real image with that of the generated image in the same place.

    D `softplus(l_fake - l_real)`, G `softplus(l_real - l_fake)`: the discriminator learns that the real image
    of a pair is the more realistic one, and the generator the reverse. No logit means anything by itself, so
    that the discriminator cannot lower the loss by judging a whole mode to be fake.

    Example:
    ```python
    loss = keras_gans.losses.RelativisticPairing()
    loss.generator(keras.ops.zeros((4, 1)), keras.ops.zeros((4, 1)))  # log 2 for each example
    ```

    Reference:
        [1807.00734](https://arxiv.org/abs/1807.00734), the relativistic standard GAN (RSGAN).
    """

    needs_real_logits = True

    def discriminator(self, real_logits, fake_logits):
        return per_example(ops.softplus(fake_logits - real_logits))

    def generator(self, fake_logits, real_logits=None):
        return per_example(ops.softplus(real_logits - fake_logits))
