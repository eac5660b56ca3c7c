"""Processes that add noise, what a network may predict of them, and the bound on the likelihood."""

import numbers

import numpy as np
from keras import ops

from keras_gans.diffusion.schedules import NoiseSchedule, _Immutable
from keras_gans.serialization import register


@register
class Prediction(_Immutable):
    """What the network predicts of `x_t = signal x_0 + sigma noise`.

    The process says `signal` and `sigma`: `NoiseProcess.rates`.
    """

    def __init__(self):
        pass

    def target(self, x0, noise, signal, sigma):
        """Returns what the network should give."""
        raise NotImplementedError

    def x0(self, prediction, x_t, signal, sigma):
        """Returns the image without noise that a prediction means."""
        raise NotImplementedError

    def epsilon(self, prediction, x_t, signal, sigma):
        """Returns the noise that a prediction means."""
        raise NotImplementedError

    def weight(self, x0_weight, snr):
        """Returns the weight of this target's squared error that equals `x0_weight` times that of x_0."""
        raise NotImplementedError


@register
class Epsilon(Prediction):
    """The network predicts the noise.

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), section 3.2.
    """

    def target(self, x0, noise, signal, sigma):
        return noise

    def x0(self, prediction, x_t, signal, sigma):
        return (x_t - sigma * prediction) / signal

    def epsilon(self, prediction, x_t, signal, sigma):
        return prediction

    def weight(self, x0_weight, snr):
        return x0_weight / snr


@register
class X0(Prediction):
    """The network predicts the image without noise.

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), section 3.2.
    """

    def target(self, x0, noise, signal, sigma):
        return x0

    def x0(self, prediction, x_t, signal, sigma):
        return prediction

    def epsilon(self, prediction, x_t, signal, sigma):
        return (x_t - signal * prediction) / sigma

    def weight(self, x0_weight, snr):
        return x0_weight


@register
class V(Prediction):
    """The network predicts `v = signal noise - sigma x_0`, where `signal^2 + sigma^2 = 1`.

    Reference:
        [2202.00512](https://arxiv.org/abs/2202.00512), section 4 and appendix D.
    """

    def target(self, x0, noise, signal, sigma):
        return signal * noise - sigma * x0

    def x0(self, prediction, x_t, signal, sigma):
        return signal * x_t - sigma * prediction

    def epsilon(self, prediction, x_t, signal, sigma):
        return sigma * x_t + signal * prediction

    def weight(self, x0_weight, snr):
        return x0_weight / (snr + 1.0)


@register
class Velocity(Prediction):
    """The network predicts `noise - x_0`, the velocity of a path whose `signal + sigma` is 1.

    Reference:
        [2209.03003](https://arxiv.org/abs/2209.03003), equation 1, in the other direction.
    """

    def target(self, x0, noise, signal, sigma):
        return noise - x0

    def x0(self, prediction, x_t, signal, sigma):
        return (x_t - sigma * prediction) / (signal + sigma)

    def epsilon(self, prediction, x_t, signal, sigma):
        return (x_t + signal * prediction) / (signal + sigma)

    def weight(self, x0_weight, snr):
        return x0_weight / (1.0 + snr**0.5) ** 2


@register
class Variance(_Immutable):
    """The variance of the reverse step `p(x_{t-1} | x_t)`.

    `outputs` is the number of values that the network gives for each channel of the image.
    """

    outputs = 1

    def __init__(self):
        pass

    def log_variance(self, log_beta, log_posterior, v):
        """Returns the logarithm of the variance.

        Args:
            log_beta: float tensor. Upper bound; right if data is standard normal.
            log_posterior: float tensor. Lower bound; right if data is a single image.
            v: float tensor, what the network gives besides its prediction, or `None`.
        """
        raise NotImplementedError


@register
class FixedSmall(Variance):
    """The posterior's variance `beta_t (1 - alpha_cumprod_{t-1}) / (1 - alpha_cumprod_t)`.

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), section 3.2.
    """

    def log_variance(self, log_beta, log_posterior, v):
        return log_posterior


@register
class FixedLarge(Variance):
    """`beta_t`.

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), section 3.2.
    """

    def log_variance(self, log_beta, log_posterior, v):
        return log_beta


@register
class Learned(Variance):
    """Between both, on a logarithmic scale: `exp(f log beta_t + (1 - f) log posterior)`, `f = (v + 1) / 2`.

    The network gives twice the channels: first the prediction, then `v`, in [-1, 1] for variances between the
    bounds; nothing keeps it there.

    Reference:
        [2102.09672](https://arxiv.org/abs/2102.09672), equation 15, whose v is our f: a network that gives 0
        then starts in the middle.
    """

    outputs = 2

    def log_variance(self, log_beta, log_posterior, v):
        fraction = 0.5 * (v + 1.0)
        return fraction * log_beta + (1.0 - fraction) * log_posterior


@register
class NoiseProcess(_Immutable):
    """Adds noise to images and says what a network's output means: `x_t = signal_t x_0 + sigma_t noise`.

    `t` is an integer tensor in [1, T], `(batch,)` or a scalar; images are float `(batch, height, width,
    channels)` in [-1, 1], or any other tensor whose first axis is the batch. Coefficients are float64 until
    they meet a tensor; tensors are float32.

    A subclass has the attributes `timesteps`, T; `prediction`, a `Prediction`; and `clip`, whether an
    estimated x_0 is clipped to [-1, 1]. It says its coefficients in `_tables`, and `gain`.

    Raises:
        ValueError: a timestep that is not a tensor is outside [1, T]; shapes do not fit.
    """

    outputs = 1  # values that the network gives for each channel of the image

    def _tables(self):
        """Returns signal and sigma of 0..T, two float64 arrays `(timesteps + 1,)`."""
        raise NotImplementedError

    def gain(self, t, previous_t):
        """Returns the factor from `x_previous` to `x_t` along a straight step without noise, float64.

        What stays as it is on such a step, noise or velocity, adds to it. `DDIMSampler.invert` needs it.
        """
        raise NotImplementedError

    def draw_timesteps(self, draws, count):
        """Returns the timesteps at which a batch is trained, int32 `(count,)` in [1, T], uniform.

        Args:
            draws: `keras_gans.random.Draws` of the training step.
            count: int. Images of the batch on this replica.
        """
        return draws.integers("timesteps", (count,), self.timesteps) + 1

    def network_timesteps(self, t):
        """Returns the timesteps as networks count them, `t - 1` in [0, T - 1]."""
        return self._checked(t) - 1

    def levels(self, t):
        """Returns `signal` and `sigma` at `t` in [0, T], float64; `expand` makes them float32."""
        t = self._checked(t, lowest=0)
        return tuple(self._lookup(table, t) for table in self._tables())

    def rates(self, t, like):
        """Returns `signal` and `sigma` at `t` in [0, T], float32, to multiply `like` with."""
        return tuple(self.expand(level, like) for level in self.levels(t))

    def expand(self, values, like):
        """Casts a scalar or `(batch,)` to float32, and appends axes until it broadcasts with `like`."""
        values = ops.cast(values, "float32")
        if len(values.shape) == 0:
            return values
        return ops.reshape(values, (-1,) + (1,) * (len(like.shape) - 1))

    def add_noise(self, x0, noise, t):
        """Draws `x_t` from `q(x_t | x_0)` in one shot, with the given standard normal noise; `t` may be 0."""
        x0, noise = _float(x0), _float(noise)
        signal, sigma = self.rates(t, x0)
        return signal * x0 + sigma * noise

    def target(self, x0, noise, t):
        """Returns what the network should predict for `add_noise(x0, noise, t)`."""
        x0, noise = _float(x0), _float(noise)
        return self.prediction.target(x0, noise, *self.rates(self._checked(t), x0))

    def x0_from(self, prediction, x_t, t):
        """Returns the `x_0` that a prediction means, not clipped."""
        prediction, x_t = self._alike(prediction, x_t)
        return self.prediction.x0(prediction, x_t, *self.rates(self._checked(t), x_t))

    def epsilon_from(self, prediction, x_t, t):
        """Returns the noise that a prediction means."""
        prediction, x_t = self._alike(prediction, x_t)
        return self.prediction.epsilon(prediction, x_t, *self.rates(self._checked(t), x_t))

    def convert(self, prediction, x_t, t, to):
        """Returns the prediction as one of another kind.

        Args:
            prediction: float tensor. Of the kind of this process.
            x_t: float tensor.
            t: int tensor.
            to: `Prediction`. The other kind.
        """
        x0, noise = self.x0_from(prediction, x_t, t), self.epsilon_from(prediction, x_t, t)
        return to.target(x0, noise, *self.rates(t, x0))

    def split(self, output):
        """Splits a network's output into the prediction and the `v` of a learned variance, else `None`."""
        output = _float(output)
        if self.outputs == 1:
            return output, None
        if output.shape[-1] % 2:
            raise ValueError(
                "With a learned variance the network's output must have an even number of channels, the "
                f"prediction and v. Received shape: {tuple(output.shape)}"
            )
        return tuple(ops.split(output, 2, axis=-1))

    def estimate_x0(self, output, x_t, t):
        """Returns the `x_0` that a network's whole output means, clipped to [-1, 1] if the process clips."""
        x0 = self.x0_from(self.split(output)[0], x_t, t)
        return ops.clip(x0, -1.0, 1.0) if self.clip else x0

    def snr(self, t):
        """Returns `(signal / sigma)^2`, the signal-to-noise ratio, float32 like `t`."""
        return ops.cast(self._lookup(self._snr(), self._checked(t) - 1), "float32")

    def min_snr_weight(self, t, *, gamma=5.0):
        """Returns the weight of the squared error that keeps easy steps from dominating, float32 like `t`.

        `min(snr, gamma)` for a network that predicts x_0; over `snr` for the noise, `snr + 1` for v and
        `(1 + snr^0.5)^2` for the velocity.

        Args:
            t: int tensor in [1, T].
            gamma: float, above 0.

        Reference:
            [2303.09556](https://arxiv.org/abs/2303.09556), section 3.4.
        """
        if not gamma > 0.0:
            raise ValueError(f"`gamma` must be positive. Received: {gamma}")
        snr = self._snr()
        weight = self.prediction.weight(np.minimum(snr, gamma), snr)
        return ops.cast(self._lookup(weight, self._checked(t) - 1), "float32")

    def _snr(self):
        """Of 1..T, float64."""
        signal, sigma = self._tables()
        return (signal[1:] / sigma[1:]) ** 2

    def _lookup(self, table, t):
        """The entries of a NumPy table at integers, in the table's precision."""
        return ops.take(ops.convert_to_tensor(table), t)

    def _checked(self, t, lowest=1):
        """Casts timesteps to int32; what is no tensor is checked."""
        if isinstance(t, (numbers.Number, list, tuple, np.ndarray)):
            if not np.issubdtype(np.asarray(t).dtype, np.integer):
                raise ValueError(f"`t` must be integers. Received: {t!r}")
            if np.min(t, initial=1) < lowest or np.max(t, initial=1) > self.timesteps:
                raise ValueError(f"`t` must be in [{lowest}, {self.timesteps}]. Received: {t!r}")
        return ops.cast(ops.convert_to_tensor(t), "int32")

    def _alike(self, prediction, x_t):
        """Both as float32, of equal shapes: a single channel would broadcast silently."""
        prediction, x_t = _float(prediction), _float(x_t)
        pairs = zip(prediction.shape, x_t.shape, strict=False)
        alike = all(p == q for p, q in pairs if None not in (p, q))
        if len(prediction.shape) != len(x_t.shape) or not alike:
            raise ValueError(
                f"A prediction must have the shape of the images, {tuple(x_t.shape)}. "
                f"Received: {tuple(prediction.shape)}, of {self!r}."
            )
        return prediction, x_t


@register
class DiffusionProcess(NoiseProcess):
    """A chain of T steps, each of which adds a little noise.

    `q(x_t | x_0) = N(sqrt(alpha_cumprod_t) x_0, 1 - alpha_cumprod_t)`. Tensors are those of `NoiseProcess`.

    Args:
        schedule: `NoiseSchedule`.
        prediction: `Prediction`. What the network predicts; `None` means `Epsilon()`.
        variance: `Variance`. Of the reverse step; `None` means `FixedSmall()`.
        clip: bool. Whether an estimated x_0 is clipped to [-1, 1]; off for latents.

    Raises:
        ValueError: a timestep that is not a tensor is outside [1, T]; shapes do not fit.

    Example:
    ```python
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.CosineSchedule(timesteps=1000))
    images, noise = keras.random.normal([2, 4, 8, 8, 3])
    t = keras.ops.convert_to_tensor([1, 2, 500, 1000])
    x_t = process.add_noise(images, noise, t)
    x0 = process.x0_from(noise, x_t, t)  # images
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), sections 2 and 3.
    """

    def __init__(self, schedule, *, prediction=None, variance=None, clip=True):
        prediction = Epsilon() if prediction is None else prediction
        variance = FixedSmall() if variance is None else variance
        for kind, value in ((NoiseSchedule, schedule), (Prediction, prediction), (Variance, variance)):
            if not isinstance(value, kind):
                raise ValueError(f"A process needs a `{kind.__name__}`. Received: {value!r}")
        self.keep(prediction=prediction, variance=variance)

    @property
    def timesteps(self):
        """T."""
        return self.schedule.timesteps

    @property
    def outputs(self):
        """Values that the network gives for each channel of the image: 2 with a learned variance."""
        return self.variance.outputs

    def _tables(self):
        return self.schedule.alpha_cumprod**0.5, (1.0 - self.schedule.alpha_cumprod) ** 0.5

    def gain(self, t, previous_t):
        """Returns `signal_t / signal_previous`, float64: the noise is held."""
        return self.levels(t)[0] / self.levels(previous_t)[0]

    def alpha_cumprod(self, t):
        """Returns `alpha_cumprod_t`, float64, for `t` in [0, T]; `expand` makes it float32."""
        return self._lookup(self.schedule.alpha_cumprod, self._checked(t, lowest=0))

    def forward_step(self, x, noise, t):
        """Draws `x_t` from `q(x_t | x_{t-1})`: one step of the chain."""
        x, noise, t = _float(x), _float(noise), self._checked(t)
        keep = self.expand(self._lookup(self.schedule.alpha**0.5, t), x)
        return keep * x + self.expand(self._lookup(self.schedule.beta**0.5, t), x) * noise

    def posterior(self, x0, x_t, t, previous_t=None):
        """Returns mean, variance and clipped log variance of `q(x_{t-1} | x_t, x_0)`.

        The variance is 0 at t = 1; its logarithm there is that of t = 2 (of beta if T is 1).

        Args:
            x0: float tensor.
            x_t: float tensor.
            t: int tensor in [1, T].
            previous_t: int tensor in [0, t). The step to go back to; `None` means `t - 1`.

        Returns:
            Tuple of float32 tensors: the mean, like `x_t`, and two that broadcast with it.

        Reference:
            [2006.11239](https://arxiv.org/abs/2006.11239), equations 6 and 7.
        """
        x0, x_t = _float(x0), _float(x_t)
        on_x0, on_x_t, variance, log_variance, _ = self._posterior(t, previous_t)
        mean = self.expand(on_x0, x_t) * x0 + self.expand(on_x_t, x_t) * x_t
        return mean, self.expand(variance, x_t), self.expand(log_variance, x_t)

    def _posterior(self, t, previous_t):
        """Factors of x_0 and x_t in the mean, variance, its clipped logarithm, log beta; float64 like t."""
        t = self._checked(t)
        previous_t = t - 1 if previous_t is None else self._checked(previous_t, lowest=0)
        on_x0, on_x_t, variance, beta = _posterior(self.alpha_cumprod(t), self.alpha_cumprod(previous_t))
        table = self.schedule.alpha_cumprod
        floor = 1.0 - table[1] if self.timesteps == 1 else _posterior(table[2], table[1])[2]
        clipped = ops.where(ops.equal(previous_t, 0), ops.full_like(variance, floor), variance)
        return on_x0, on_x_t, variance, ops.log(clipped), ops.log(beta)

    def reverse(self, output, x_t, t, previous_t=None):
        """Returns mean and log variance of `p(x_{t-1} | x_t)` by a network's output.

        The mean is that of the posterior with the estimated `x_0`, clipped if the process clips.

        Args:
            output: float tensor. Of the network, with the channels of a learned variance.
            x_t: float tensor.
            t: int tensor in [1, T].
            previous_t: int tensor in [0, t). The step to go back to; `None` means `t - 1`.

        Reference:
            [2006.11239](https://arxiv.org/abs/2006.11239), equation 11;
            [2102.09672](https://arxiv.org/abs/2102.09672), equation 15.
        """
        x_t = _float(x_t)
        on_x0, on_x_t, _, log_posterior, log_beta = self._posterior(t, previous_t)
        x0 = self.estimate_x0(output, x_t, t)
        mean = self.expand(on_x0, x_t) * x0 + self.expand(on_x_t, x_t) * x_t
        log_beta, log_posterior = self.expand(log_beta, x_t), self.expand(log_posterior, x_t)
        return mean, self.variance.log_variance(log_beta, log_posterior, self.split(output)[1])

    def variational_bound(self, x0, x_t, output, t, *, stop_mean_gradient=False):
        """Returns the term of the bound on `-log p(x_0)` that belongs to `t`, in bits per dimension.

        For t > 1 the divergence `KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t))`, for t = 1
        `-log p(x_0 | x_1)`, the probability of the value's bin of 256 under a Gaussian, at least 1e-12. The
        bound itself is the sum over all t, plus `prior_bits`.

        Args:
            x0: float tensor. Images of 256 levels in [-1, 1].
            x_t: float tensor. `add_noise(x0, noise, t)`.
            output: float tensor. Of the network at `x_t`.
            t: int tensor, `(batch,)` in [1, T].
            stop_mean_gradient: bool. Whether only the variance gets a gradient, as in the hybrid loss.

        Returns:
            float32 tensor `(batch,)`.

        Reference:
            [2006.11239](https://arxiv.org/abs/2006.11239), equations 5 and 13;
            [2102.09672](https://arxiv.org/abs/2102.09672), section 3.1. Deviation: the normal distribution
            function is exact, not approximated by a tanh.
        """
        x0, x_t = _float(x0), _float(x_t)
        true_mean, _, true_log_variance = self.posterior(x0, x_t, t)
        mean, log_variance = self.reverse(output, x_t, t)
        if stop_mean_gradient:
            mean = ops.stop_gradient(mean)
        divergence = _normal_divergence(true_mean, true_log_variance, mean, log_variance)
        likelihood = _log_likelihood(x0, mean, log_variance)
        first = ops.equal(self._checked(t), 1)
        return ops.where(first, -_mean_bits(likelihood), _mean_bits(divergence))

    def prior_bits(self, x0):
        """Returns `KL(q(x_T | x_0) || N(0, 1))`, the term of the bound that no network changes.

        Args:
            x0: float tensor.

        Returns:
            float32 tensor `(batch,)`, in bits per dimension.

        Reference:
            [2006.11239](https://arxiv.org/abs/2006.11239), equation 5, L_T.
        """
        x0 = _float(x0)
        end = self.schedule.alpha_cumprod[-1]
        zero = ops.zeros_like(x0)
        return _mean_bits(_normal_divergence(end**0.5 * x0, zero + np.log1p(-end), zero, zero))


def _float(x):
    return ops.cast(ops.convert_to_tensor(x), "float32")


def _posterior(now, before):
    """Factors of x_0 and x_t in the posterior's mean, its variance, and beta, between two alpha_cumprod."""
    alpha = now / before
    on_x0 = before**0.5 * (1.0 - alpha) / (1.0 - now)
    on_x_t = alpha**0.5 * (1.0 - before) / (1.0 - now)
    return on_x0, on_x_t, (1.0 - alpha) * (1.0 - before) / (1.0 - now), 1.0 - alpha


def _normal_divergence(mean, log_variance, other_mean, other_log_variance):
    """KL divergence of two normal distributions, element by element, in nats."""
    ratio = ops.exp(log_variance - other_log_variance)
    distance = ops.square(mean - other_mean) * ops.exp(-other_log_variance)
    return 0.5 * (other_log_variance - log_variance - 1.0 + ratio + distance)


def _log_likelihood(images, mean, log_variance):
    """Log probability of each value's bin; the outermost bins of the 256 reach to infinity."""
    # In float64, where the distribution function can tell probabilities down to the floor of 1e-12 from 0.
    difference, scale = ops.cast(images - mean, "float64"), ops.cast(ops.exp(-0.5 * log_variance), "float64")
    above, below = (_normal_cdf(scale * (difference + half)) for half in (1 / 255, -1 / 255))
    above = ops.where(images > 0.999, ops.ones_like(above), above)
    below = ops.where(images < -0.999, ops.zeros_like(below), below)
    return ops.cast(ops.log(ops.maximum(above - below, 1e-12)), "float32")


def _normal_cdf(x):
    return 0.5 * (1.0 + ops.erf(x * 0.5**0.5))


def _mean_bits(nats):
    """`(batch, ...)` in nats to the mean in bits, `(batch,)`."""
    return ops.mean(nats, axis=tuple(range(1, len(nats.shape)))) / np.log(2.0)
