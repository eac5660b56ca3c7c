"""Noise schedules: how much noise an image holds after each step.

Steps are counted as in the papers. Every table has `timesteps + 1` entries: entry 0 is the image without
noise (`beta` 0, `alpha_cumprod` 1), entries 1 to `timesteps` are the steps. Networks count from 0 and see `t
- 1`; the only place that converts is `DiffusionProcess.network_timesteps`.
"""

import numpy as np

from keras_gans.serialization import Configurable, register

# The spacings of the samplers multiply two timesteps and 2 as int32.
MOST_TIMESTEPS = 32767


def check_timesteps(timesteps):
    """Raises a ValueError unless `timesteps` is a number of them."""
    if isinstance(timesteps, bool) or not isinstance(timesteps, int) or not 1 <= timesteps <= MOST_TIMESTEPS:
        raise ValueError(f"`timesteps` must be an integer in [1, {MOST_TIMESTEPS}]. Received: {timesteps!r}")


class _Immutable(Configurable):
    """A `Configurable` whose attributes are assigned once."""

    def __setattr__(self, name, value):
        if name in vars(self):
            raise AttributeError(f"`{type(self).__name__}` is immutable: `{name}` cannot be changed.")
        super().__setattr__(name, value)

    def __delattr__(self, name):
        raise AttributeError(f"`{type(self).__name__}` is immutable: `{name}` cannot be deleted.")

    def __hash__(self):
        return hash((type(self), *self.arguments.values()))


@register
class NoiseSchedule(_Immutable):
    """The variances `beta_t` of a chain `q(x_t | x_{t-1}) = N(sqrt(1 - beta_t) x_{t-1}, beta_t)`.

    A subclass says its betas in `_betas`. The tables are float64 and read-only:

    - `beta`, `(timesteps + 1,)`: variance of the noise that step t adds, in (0, 1); 0 at t = 0.
    - `alpha`, `(timesteps + 1,)`: `1 - beta`.
    - `alpha_cumprod`, `(timesteps + 1,)`: product of alpha up to t. After t steps an image is
      `sqrt(alpha_cumprod) x_0 + sqrt(1 - alpha_cumprod) noise`.

    Args:
        timesteps: int. T, the number of steps, at least 1.

    Raises:
        ValueError: `timesteps` is no integer in [1, 32767], or a beta is not in (0, 1).

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), equations 2 and 4.
    """

    def __init__(self, *, timesteps):
        check_timesteps(timesteps)
        beta = np.concatenate([[0.0], self._betas()])
        wrong = [t for t in range(1, timesteps + 1) if not 0.0 < beta[t] < 1.0]
        if wrong:
            raise ValueError(f"Every beta must be in (0, 1). Received: {beta[wrong[0]]} at t = {wrong[0]}")
        self.beta = _read_only(beta)
        self.alpha = _read_only(1.0 - beta)
        self.alpha_cumprod = _read_only(np.cumprod(1.0 - beta))

    def _betas(self):
        """Returns beta of 1..T, float64 `(timesteps,)`."""
        raise NotImplementedError


def _read_only(table):
    table.flags.writeable = False
    return table


def _capped_betas(alpha_cumprod, max_beta):
    """Betas, at most `max_beta`, of a wanted `alpha_cumprod` of 0..T."""
    if not 0.0 < max_beta < 1.0:
        raise ValueError(f"`max_beta` must be in (0, 1). Received: {max_beta}")
    return 1.0 - np.clip(alpha_cumprod[1:] / alpha_cumprod[:-1], 1.0 - max_beta, 1.0)


@register
class LinearSchedule(NoiseSchedule):
    """Betas on a line from `beta_start` to `beta_end`.

    Args:
        timesteps: int. T.
        beta_start: float in (0, 1). Beta of step 1.
        beta_end: float in (0, 1). Beta of step T.

    Example:
    ```python
    schedule = keras_gans.diffusion.LinearSchedule(timesteps=1000)
    schedule.alpha_cumprod[1000]  # 4.04e-05
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), section 4.
    """

    def __init__(self, timesteps=1000, *, beta_start=1e-4, beta_end=0.02):
        super().__init__(timesteps=timesteps)

    def _betas(self):
        return np.linspace(self.beta_start, self.beta_end, self.timesteps)


@register
class ScaledLinearSchedule(NoiseSchedule):
    """Betas whose square roots lie on a line, the schedule of latent diffusion.

    Arguments are those of `LinearSchedule`.

    Example:
    ```python
    schedule = keras_gans.diffusion.ScaledLinearSchedule()
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), the released configurations.
    """

    def __init__(self, timesteps=1000, *, beta_start=0.00085, beta_end=0.012):
        for name, value in {"beta_start": beta_start, "beta_end": beta_end}.items():
            if not 0.0 < value < 1.0:  # the root of a negative one would be NaN
                raise ValueError(f"`{name}` must be in (0, 1). Received: {value}")
        super().__init__(timesteps=timesteps)

    def _betas(self):
        return np.linspace(self.beta_start**0.5, self.beta_end**0.5, self.timesteps) ** 2


@register
class ListedSchedule(NoiseSchedule):
    """Betas as they are listed, of a schedule that is none of the others.

    Args:
        betas: sequence of float in (0, 1). Of the steps 1 to T.

    Example:
    ```python
    schedule = keras_gans.diffusion.ListedSchedule([0.1, 0.2, 0.4])
    schedule.alpha_cumprod  # 1, 0.9, 0.72, 0.432
    ```
    """

    def __init__(self, betas):
        self.keep(betas=tuple(float(beta) for beta in betas))
        self.timesteps = len(self.betas)
        super().__init__(timesteps=self.timesteps)

    def _betas(self):
        return np.array(self.betas, "float64")


@register
class CosineSchedule(NoiseSchedule):
    """`alpha_cumprod_t = f(t) / f(0)` with `f(t) = cos^2((t/T + offset) / (1 + offset) pi/2)`.

    It destroys an image more evenly than the linear schedule.

    Args:
        timesteps: int. T.
        offset: float, at least 0. Keeps the first betas from vanishing.
        max_beta: float in (0, 1). Larger betas, at the end, are cut to it.

    Example:
    ```python
    schedule = keras_gans.diffusion.CosineSchedule(timesteps=1000)
    schedule.alpha_cumprod[501]  # 0.49228504
    ```

    Reference:
        [2102.09672](https://arxiv.org/abs/2102.09672), equation 17.
    """

    def __init__(self, timesteps=4000, *, offset=0.008, max_beta=0.999):
        if not offset >= 0.0:
            raise ValueError(f"`offset` must be at least 0. Received: {offset}")
        super().__init__(timesteps=timesteps)

    def _betas(self):
        time = np.arange(self.timesteps + 1) / self.timesteps
        f = np.cos((time + self.offset) / (1.0 + self.offset) * np.pi / 2.0) ** 2
        return _capped_betas(f, self.max_beta)


@register
class SigmoidSchedule(NoiseSchedule):
    """`alpha_cumprod` falls from 1 to 0 along a piece of the logistic function `S`.

    `(S(end / tau) - S((start + (end - start) t/T) / tau)) / (S(end / tau) - S(start / tau))`

    Args:
        timesteps: int. T.
        start: float. Left end of the piece.
        end: float, above `start`. Right end of the piece.
        tau: float, above 0. The larger, the more like a line.
        max_beta: float in (0, 1). Larger betas, at the end, are cut to it.

    Example:
    ```python
    schedule = keras_gans.diffusion.SigmoidSchedule(tau=0.9)
    ```

    Reference:
        [2212.11972](https://arxiv.org/abs/2212.11972), section 2.1, algorithm 1. Deviation: there
        `alpha_cumprod` is cut at 1e-9, here the betas are, as in the cosine schedule.
    """

    def __init__(self, timesteps=1000, *, start=-3.0, end=3.0, tau=1.0, max_beta=0.999):
        if not start < end:
            raise ValueError(f"`start` must be below `end`. Received: {start} and {end}")
        if not tau > 0.0:
            raise ValueError(f"`tau` must be positive. Received: {tau}")
        super().__init__(timesteps=timesteps)

    def _betas(self):
        piece = np.linspace(self.start, self.end, self.timesteps + 1) / self.tau
        logistic = 1.0 / (1.0 + np.exp(-piece))
        return _capped_betas((logistic[-1] - logistic) / (logistic[-1] - logistic[0]), self.max_beta)
