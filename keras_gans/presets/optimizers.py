"""Optimizers of a preset, as descriptions: what they are built from, and how their rate changes."""

from dataclasses import dataclass

import keras

from keras_gans import training
from keras_gans.presets.typed import Checked


@dataclass(frozen=True, kw_only=True)
class Updates(Checked):
    """What an optimizer must know of a run.

    Attributes:
        learning_rate: float. The generator's, before the optimizer's own `factor`.
        total: float. Updates of this player in the whole run.
        per_step: int. Updates of this player for one of the generator.
        interval: int. The longest interval of this player's terms; 1 means that none is lazy.
    """

    learning_rate: float
    total: float = 1.0
    per_step: int = 1
    interval: int = 1


# === How a rate changes ===


@dataclass(frozen=True, kw_only=True)
class Rate(Checked):
    """A learning rate that stays as it is."""

    def build(self, rate: float, updates: Updates):
        """Returns what Keras takes as `learning_rate`: a number, or a schedule that begins with `rate`."""
        return rate


@dataclass(frozen=True, kw_only=True)
class Divided(Rate):
    """Divided by a number at every update.

    Attributes:
        divisor: float. A little above 1.
    """

    divisor: float

    def build(self, rate: float, updates: Updates):
        return keras.optimizers.schedules.ExponentialDecay(rate, decay_steps=1, decay_rate=1.0 / self.divisor)


@dataclass(frozen=True, kw_only=True)
class Linear(Rate):
    """Falls straight to 0.

    Attributes:
        generator_steps: int. Updates of the generator after which it is 0, however long the run is.
    """

    generator_steps: int

    def build(self, rate: float, updates: Updates):
        return keras.optimizers.schedules.PolynomialDecay(
            rate, decay_steps=self.generator_steps * updates.per_step, end_learning_rate=0.0
        )


@dataclass(frozen=True, kw_only=True)
class SecondHalf(Rate):
    """Constant for half of the run, then straight to 0 at its end, whatever length the run has."""

    def build(self, rate: float, updates: Updates):
        return training.LinearDecay(rate, steps=max(1, round(updates.total)))


@dataclass(frozen=True, kw_only=True)
class WarmUp(Rate):
    """Rises straight from 0, then stays.

    Attributes:
        updates: int. Updates after which it has its value.
    """

    updates: int

    def build(self, rate: float, updates: Updates):
        return keras.optimizers.schedules.PolynomialDecay(
            0.0, decay_steps=self.updates, end_learning_rate=rate
        )


# === Optimizers ===


@dataclass(frozen=True, kw_only=True)
class Optimizer(Checked):
    """Base of the descriptions of optimizers.

    Attributes:
        factor: float. Multiplies the learning rate of the preset.
        rate: `Rate`. How the learning rate changes with this optimizer's updates.
    """

    factor: float = 1.0
    rate: Rate = Rate()

    def build(self, updates: Updates) -> keras.optimizers.Optimizer:
        """Returns a new optimizer."""
        raise NotImplementedError

    def learning_rate(self, updates: Updates, share: float = 1.0):
        """Returns what Keras takes as `learning_rate`, times `share`."""
        return self.rate.build(updates.learning_rate * share * self.factor, updates)


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """Adam.

    Attributes:
        beta_1: float.
        beta_2: float.
        epsilon: float.
        lazy_correction: bool. With a term of interval k, the rate is multiplied by `c = k / (k + 1)` and the
            betas are raised to the power c ([1912.04958](https://arxiv.org/abs/1912.04958), appendix B). The
            paper corrects for an update of its own that the lazy term has there. Here the term joins the
            others in one update, every k steps.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    lazy_correction: bool = False

    def build(self, updates: Updates) -> keras.optimizers.Optimizer:
        lazy = self.lazy_correction and updates.interval > 1
        share = updates.interval / (updates.interval + 1) if lazy else 1.0
        return self._make(
            self.learning_rate(updates, share),
            beta_1=self.beta_1**share,
            beta_2=self.beta_2**share,
            epsilon=self.epsilon,
        )

    def _make(self, learning_rate, **numbers):
        return training.FusedAdam(learning_rate, **numbers)


@dataclass(frozen=True, kw_only=True)
class GroupedAdam(Adam):
    """Adam in which some variables can have a share of the rate: `keras_gans.training.GroupedAdam`."""

    def _make(self, learning_rate, **numbers):
        return training.GroupedAdam(learning_rate, **numbers)


@dataclass(frozen=True, kw_only=True)
class ClippedAdam(Adam):
    """Adam that clips the gradient of the whole batch: `keras_gans.training.GuardedAdam`.

    Attributes:
        clip_norm: float. Largest norm of all gradients together.
    """

    clip_norm: float = 1.0

    def _make(self, learning_rate, **numbers):
        return training.GuardedAdam(learning_rate, clip_norm=self.clip_norm, **numbers)


@dataclass(frozen=True, kw_only=True)
class RMSprop(Optimizer):
    """RMSprop.

    Attributes:
        rho: float. Decay of the mean square.
        epsilon: float. Keras adds it under the root: 1e-16 there is 1e-8 beside it.
    """

    rho: float
    epsilon: float = 1e-16

    def build(self, updates: Updates) -> keras.optimizers.Optimizer:
        return keras.optimizers.RMSprop(self.learning_rate(updates), rho=self.rho, epsilon=self.epsilon)


@dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
    """Gradient descent with momentum, without Nesterov's look ahead.

    Attributes:
        momentum: float.
    """

    momentum: float = 0.0

    def build(self, updates: Updates) -> keras.optimizers.Optimizer:
        return keras.optimizers.SGD(self.learning_rate(updates), momentum=self.momentum)
