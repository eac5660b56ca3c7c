"""From noise to images: the reverse process, in fewer steps than the network was trained with if wanted.

A sampler visits decreasing timesteps and ends at 0, the image without noise. It takes a `denoise(x, t)` that
gives the network's output for `x`, `(batch, ...)`, at the paper's timesteps `t`, int32 `(batch,)` in [1, T].
A network that counts from 0 is wrapped: `lambda x, t: network([x, process.network_timesteps(t)])`.

A spacing says which timesteps those are: `spacing(timesteps, steps, index)` is the timestep of step `index`
of `steps`. Its arguments may be integers, arrays or tensors.
"""

import numbers

import numpy as np
from keras import ops

from keras_gans.diffusion.process import DiffusionProcess, NoiseProcess
from keras_gans.diffusion.schedules import MOST_TIMESTEPS, _Immutable
from keras_gans.serialization import register


@register
def leading(timesteps, steps, index):
    """Spaces timesteps by `T // steps`, ending at 1.

    Args:
        timesteps: int. T.
        steps: int in [1, T]. How many steps.
        index: int in [0, steps - 1]. Which step.

    Returns:
        The timestep, in [1, T].

    Example:
    ```python
    keras_gans.diffusion.leading(1000, 4, np.arange(4))  # 751, 501, 251, 1
    ```

    Reference:
        [2010.02502](https://arxiv.org/abs/2010.02502), appendix D.2, "linear".
    """
    return 1 + (steps - 1 - index) * (timesteps // steps)


@register
def trailing(timesteps, steps, index):
    """Spaces timesteps by `T / steps`, starting at T, where there is nothing but noise.

    Better than `leading` for few steps: that starts as if the noise held a trace of an image.

    Arguments and result are those of `leading`.

    Example:
    ```python
    keras_gans.diffusion.trailing(1000, 4, np.arange(4))  # 1000, 750, 500, 250
    ```

    Reference:
        [2305.08891](https://arxiv.org/abs/2305.08891), section 3.3.
    """
    return (2 * timesteps * (steps - index) + steps) // (2 * steps)


@register
def linspace(timesteps, steps, index):
    """Spaces timesteps evenly from T to 1, both included; T alone for a single step.

    Arguments and result are those of `leading`.

    Example:
    ```python
    keras_gans.diffusion.linspace(1000, 4, np.arange(4))  # 1000, 667, 334, 1
    ```

    Reference:
        [2305.08891](https://arxiv.org/abs/2305.08891), table 2.
    """
    gaps = _gaps(steps)
    return timesteps - (2 * (timesteps - 1) * index + gaps) // (2 * gaps)


@register
def quadratic(timesteps, steps, index):
    """Spaces the roots of timesteps evenly from T to 1: more steps where there is little noise.

    Neighbours differ by at least 1; T alone for a single step.

    Arguments and result are those of `leading`.

    Example:
    ```python
    keras_gans.diffusion.quadratic(1000, 4, np.arange(4))  # 1000, 445, 112, 1
    ```

    Reference:
        [2010.02502](https://arxiv.org/abs/2010.02502), appendix D.2, "quadratic".
    """
    gaps = _gaps(steps)
    left = steps - 1 - index
    root = left + 1 // steps  # 1 for a single step
    # Two roundings, because the product of three does not fit into int32.
    squared = (timesteps - 1) * root // gaps * root // gaps
    return 1 + (squared + left + abs(squared - left)) // 2  # 1 + the larger of both


@register
class EvenLogSNR(_Immutable):
    """Spaces `l = log(signal / sigma)` evenly up to t = 1: each step takes away the same share of the noise.

    It starts where l is `lowest`: what comes before is noise alone. Neighbours differ by at least 1.

    Args:
        schedule: `NoiseSchedule`, which has l.
        lowest: float. Where l starts; that of T, if that is higher.

    Call arguments:
        timesteps: int. T of the schedule.
        steps: int in [1, T]. How many steps.
        index: int in [0, steps - 1]. Which step.

    Returns:
        The timestep, in [1, T].

    Example:
    ```python
    spacing = keras_gans.diffusion.EvenLogSNR(keras_gans.diffusion.CosineSchedule(timesteps=1000))
    spacing(1000, 4, np.arange(4))  # 996, 878, 108, 1
    ```

    Reference:
        [2211.01095](https://arxiv.org/abs/2211.01095), appendix D.1, "logSNR".
    """

    def __init__(self, schedule, *, lowest=-5.0):
        pass

    def __call__(self, timesteps, steps, index):
        levels = _log_signal_to_noise(self.schedule)
        start, end = max(self.lowest, levels[-1]), levels[0]
        index = ops.cast(index, "int32")
        share = ops.cast(index, "float64") / ops.cast(_gaps(steps), "float64")
        wanted = start + (end - start) * share
        # The nearest timestep: 1 + how many midpoints between neighbours lie above.
        midpoints = 0.5 * (levels[1:] + levels[:-1])
        t = 1 + ops.reshape(ops.searchsorted(-midpoints, ops.reshape(-wanted, (-1,))), ops.shape(wanted))
        most = ops.maximum(int(np.argmin(np.abs(levels - start))) + 1, steps) - index
        return ops.maximum(ops.minimum(ops.cast(t, "int32"), most), steps - index)


@register
class DiffusersSpacing(_Immutable):
    """Counts timesteps, and the length of a step, as the schedulers of Diffusers do.

    A step leads from t to `t - T // steps`, which is not the next timestep of the list wherever `steps` does
    not divide T. Halves are rounded to even.

    Args:
        kind: str. The reference's `timestep_spacing`: "leading", "trailing" or "linspace".
        offset: int, at least 0. The reference's `steps_offset`, added to the timesteps of "leading" as far as
            they stay in [1, T].
        to_zero: bool. The reference's `set_alpha_to_one`: whether the last step leads to t = 0, the image
            without noise, or else to t = 1.

    Call arguments:
        As of `leading`, and so is the result.

    Raises:
        ValueError: `kind` is another, or `offset` is below 0.

    Example:
    ```python
    spacing = keras_gans.diffusion.DiffusersSpacing("leading", offset=1)
    spacing(1000, 4, np.arange(4))  # 752, 502, 252, 2
    ```

    Reference:
        [2305.08891](https://arxiv.org/abs/2305.08891), table 2, as implemented by Diffusers' `DDIMScheduler`.
    """

    def __init__(self, kind, *, offset=0, to_zero=True):
        if kind not in ("leading", "trailing", "linspace"):
            raise ValueError(f"`kind` must be 'leading', 'trailing' or 'linspace'. Received: {kind!r}")
        if not offset >= 0:
            raise ValueError(f"`offset` must be at least 0. Received: {offset!r}")

    def __call__(self, timesteps, steps, index):
        steps, index = ops.cast(steps, "int32"), ops.cast(index, "int32")
        left = steps - 1 - index
        if self.kind == "leading":
            stride = timesteps // steps
            offset = ops.minimum(self.offset, timesteps - 1 - (steps - 1) * stride)
            return 1 + offset + left * stride
        # Its floats, whose errors decide where a half is rounded to.
        if self.kind == "trailing":
            stride = timesteps - (timesteps - timesteps / ops.cast(steps, "float64"))
            t = ops.round(timesteps - ops.cast(index, "float64") * stride)
        else:
            stride = (timesteps - 1) / ops.cast(_gaps(steps), "float64")
            t = 1.0 + ops.round(ops.cast(left, "float64") * stride)
        return ops.cast(t, "int32")

    def previous(self, timesteps, steps, t):
        """Returns the timestep to which a step from `t` leads, in [0, t]."""
        reached = ops.cast(t, "int32") - timesteps // ops.cast(steps, "int32")
        return ops.maximum(reached, 0 if self.to_zero else 1)


def _gaps(steps):
    """Gaps between `steps` timesteps, at least 1."""
    return steps - 1 + 1 // steps


@register
class Sampler(_Immutable):
    """Follows a process from noise to images.

    A subclass has one pure function for a step, which `sample` repeats in a traced loop and `trajectory` in a
    loop of Python. Everything is differentiable and compiles under XLA, whether the number of steps is known
    or not.

    Args:
        process: `NoiseProcess`, of the kind that the sampler `follows`.
        steps: int in [1, T]. How many steps, unless `sample` is told; `None` means `usual_steps`, or T if
            that is less.
        spacing: `leading`, `trailing`, `linspace`, `quadratic`, or a registered callable like them.

    Raises:
        ValueError: `steps` is a number that is no integer in [1, T]; the process is of another kind.
    """

    follows = NoiseProcess
    usual_steps = 50

    def __init__(self, process, *, steps=None, spacing=leading):
        if not isinstance(process, self.follows):
            raise ValueError(
                f"`{type(self).__name__}` follows a `{self.follows.__name__}`; `DDIMSampler` follows every "
                f"process. Received: {process!r}"
            )
        steps = min(self.usual_steps, process.timesteps) if steps is None else steps
        self.keep(steps=self.checked_steps(steps), spacing=spacing)

    def timesteps(self, steps=None):
        """Returns the timesteps that `steps` steps visit, decreasing, int32 array `(steps,)`."""
        steps = self.checked_steps(steps)
        index = np.arange(steps, dtype="int32")
        return ops.convert_to_numpy(self.spacing(self.process.timesteps, steps, index))

    def sample(self, denoise, noise, *, steps=None, draw=None, **options):
        """Returns images, float32 like `noise`, in [-1, 1] if the process clips.

        Args:
            denoise: callable, `(x, t) -> output`.
            noise: float tensor `(batch, ...)`, standard normal.
            steps: int, or int scalar tensor, in [1, T]; `None` means the sampler's. A tensor is not checked.
            draw: callable. `draw(i)` gives standard normal noise like `x` for step i, which counts from 0 and
                is an int32 scalar. Needed by samplers that add noise, not called by others.
            **options: of the sampler's step: `eta` of `DDIMSampler`.

        Raises:
            ValueError: `steps` is a number that is no integer in [1, T], or `draw` is missing.
        """
        steps = self.checked_steps(steps)
        advance = self._advance(denoise, draw, **options)

        def body(index, count, x, *memory):
            t, previous_t = self.pair(index, count)
            output = denoise(x, _per_example(t, x))
            return (index + 1, count, *advance(index, output, x, t, previous_t, *memory))

        return self._loop(body, steps, noise)

    def trajectory(self, denoise, noise, *, steps=None, draw=None, points=None, progress=None, **options):
        """Returns what `sample` passes through. Runs eagerly, step by step.

        Args:
            denoise: callable, as for `sample`.
            noise: float tensor, as for `sample`.
            steps: int in [1, T]; `None` means the sampler's.
            draw: callable, as for `sample`.
            points: int in [2, steps + 1]. How many states, evenly; `None` means all. The first is `noise`,
                the last are the images.
            progress: callable, called as `progress(step, steps)` after each step. `None` means silence.
            **options: as for `sample`.

        Returns:
            Tuple of two float32 arrays `(points, batch, ...)`: the states, and the images that the network
            expects at each.

        Raises:
            ValueError: as `sample`, or `points` is outside its range.
        """
        steps = self.checked_steps(steps)
        points = steps + 1 if points is None else points
        if not 2 <= points <= steps + 1:
            raise ValueError(f"`points` must be in [2, steps + 1 = {steps + 1}]. Received: {points}")
        kept = set(np.round(np.linspace(0, steps, points)).astype(int).tolist())
        advance = self._advance(denoise, draw, **options)
        x = _float(noise)
        states, expected, memory = [], [], self._memory(x)
        for index in range(steps):
            t, previous_t = self.pair(ops.cast(index, "int32"), steps)
            output = denoise(x, _per_example(t, x))
            if index in kept:
                states.append(ops.convert_to_numpy(x))
                expected.append(ops.convert_to_numpy(self.process.estimate_x0(output, x, t)))
            x, *memory = advance(ops.cast(index, "int32"), output, x, t, previous_t, *memory)
            if progress is not None:
                progress(index + 1, steps)
        states.append(ops.convert_to_numpy(x))
        return np.stack(states), np.stack([*expected, states[-1]])

    def _advance(self, denoise, draw, **options):
        """Returns `advance(index, output, x, t, previous_t, *memory) -> (x, *memory)`."""
        raise NotImplementedError

    def _memory(self, x):
        """What a step passes to the next, before the first step."""
        return ()

    def checked_steps(self, steps):
        """Returns `steps`, or the sampler's for `None`; ValueError for a number that is not in [1, T]."""
        if steps is None:
            return self.steps
        most = self.process.timesteps
        if isinstance(steps, numbers.Number):
            if isinstance(steps, bool) or not isinstance(steps, numbers.Integral) or not 1 <= steps <= most:
                raise ValueError(f"`steps` must be an integer in [1, {most}]. Received: {steps!r}")
            return int(steps)
        return steps

    def pair(self, index, steps):
        """Returns the timesteps from which and to which step `index` of `steps` goes."""
        total = self.process.timesteps
        t = self.spacing(total, steps, index)
        if isinstance(self.spacing, DiffusersSpacing):
            return t, self.spacing.previous(total, steps, t)
        return t, ops.where(index + 1 < steps, self.spacing(total, steps, index + 1), 0)

    def _loop(self, body, steps, x):
        """Runs `body(index, count, x, *memory)` that many times."""
        # A gradient under XLA needs to know how many states there may be.
        most = steps if isinstance(steps, int) else self.process.timesteps
        x = _float(x)
        start = (ops.cast(0, "int32"), ops.cast(steps, "int32"), x, *self._memory(x))
        return ops.while_loop(lambda index, count, *_: index < count, body, start, maximum_iterations=most)[2]


@register
class AncestralSampler(Sampler):
    """Draws every step from the reverse process `p(x_previous | x_t)`.

    With all T steps this is the sampler of DDPM. With fewer, beta is that between the timesteps that are
    left. The last step adds no noise.

    Args:
        process: `DiffusionProcess`. Its variance is that of the steps.
        steps: int in [1, T]. How many steps, unless `sample` is told; `None` means T.
        spacing: `leading`, `trailing`, `linspace`, `quadratic`, or a registered callable like them.

    Example:
    ```python
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.LinearSchedule(timesteps=100))
    sampler = keras_gans.diffusion.AncestralSampler(process)
    noise = keras.random.normal((101, 4, 8, 8, 3))
    images = sampler.sample(lambda x, t: x, noise[100], draw=lambda i: noise[i])
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), algorithm 2; fewer steps as in
        [2102.09672](https://arxiv.org/abs/2102.09672), section 4.
    """

    follows = DiffusionProcess
    usual_steps = MOST_TIMESTEPS

    def step(self, output, x, t, previous_t, noise):
        """Returns `x` at `previous_t`, float32.

        Args:
            output: float tensor. Of the network at `x`.
            x: float tensor `(batch, ...)`.
            t: int tensor in [1, T], scalar or `(batch,)`.
            previous_t: int tensor in [0, t), scalar or `(batch,)`.
            noise: float tensor like `x`, standard normal; not used where `previous_t` is 0.
        """
        mean, log_variance = self.process.reverse(output, x, t, previous_t)
        adds = self.process.expand(ops.not_equal(previous_t, 0), mean)
        return mean + adds * ops.exp(0.5 * log_variance) * _float(noise)

    def _advance(self, denoise, draw):
        if draw is None:
            raise ValueError("`draw` must be a callable: an ancestral step adds noise. Received: None")
        return lambda index, output, x, t, previous_t: (self.step(output, x, t, previous_t, draw(index)),)


@register
class PathSampler(Sampler):
    """Follows a path without noise, which therefore leads back as well."""

    def invert(self, denoise, images, *, steps=None, iterations=1):
        """Returns the noise from which `sample`, without noise in its steps, makes these images.

        Walks the steps of `sample` backwards. Each solves `x_s = step(x_t)` for `x_t` by fixed-point
        iteration, `x_t += gain (x_s - step(x_t))`, from `x_s`; `gain` is the process's. One iteration is the
        usual approximation; more make it exact where they converge, which shorter steps help. Nothing is
        clipped.

        Args:
            denoise: callable, `(x, t) -> output`.
            images: float tensor `(batch, ...)` in [-1, 1].
            steps: int, or int scalar tensor, in [1, T]; `None` means the sampler's.
            iterations: int, at least 1. In each step; each calls the network as often as a step does.

        Returns:
            float32 tensor like `images`.

        Raises:
            ValueError: `steps` or `iterations` is a number outside its range.

        Reference:
            [2010.02502](https://arxiv.org/abs/2010.02502), section 4.3. Deviation: there epsilon is that of
            x_s at s, which a network does not know for s = 0; iterations as in
            [2309.04907](https://arxiv.org/abs/2309.04907) lead to the exact inverse.
        """
        if iterations < 1:
            raise ValueError(f"`iterations` must be at least 1. Received: {iterations}")

        def body(done, count, x):
            t, previous_t = self.pair(count - 1 - done, count)
            gain, solution = self.process.expand(self.process.gain(t, previous_t), x), x
            for _ in range(iterations):
                output = denoise(solution, _per_example(t, x))
                reached = self._unclipped(output, solution, t, previous_t, denoise)
                solution = solution + gain * (x - reached)
            return done + 1, count, solution

        return self._loop(body, self.checked_steps(steps), images)

    def _unclipped(self, output, x, t, previous_t, denoise):
        """Returns `x` at `previous_t` by a step without noise in which nothing is clipped."""
        raise NotImplementedError


@register
class DDIMSampler(PathSampler):
    """Steps of a process that need not be a Markov chain: few steps, with little or no noise.

    It has the marginals of the process. `x_previous = signal' x_0 + sqrt(sigma'^2 - s^2) epsilon + s noise`,
    with `signal`, `sigma` before and `signal'`, `sigma'` after the step and
    `s = eta sigma' / sigma sqrt(sigma^2 - (signal / signal' sigma')^2)`. `x_0` is clipped if the process
    clips, `epsilon` is not. With eta 0 the images are a function of the noise.

    - Of a `DiffusionProcess`, with eta 1, all steps and no clipping, it is `AncestralSampler` with
      `FixedSmall`.
    - Of a `FlowProcess`, with eta 0 and no clipping, it is Euler's method: `x_previous = x + (sigma' - sigma)
      velocity`.

    Args:
        process: `NoiseProcess`. The variance of a `DiffusionProcess` is not used.
        eta: float in [0, 1]. How much noise, unless `sample` is told.
        steps: int in [1, T]. How many steps, unless `sample` is told; `None` means 50, or T if that is less.
        spacing: `leading`, `trailing`, `linspace`, `quadratic`, or a registered callable like them.

    Raises:
        ValueError: `eta` or `steps` is a number outside its range.

    Example:
    ```python
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.CosineSchedule(timesteps=1000))
    sampler = keras_gans.diffusion.DDIMSampler(process, steps=10)
    images = sampler.sample(lambda x, t: x, keras.random.normal((4, 8, 8, 3)))
    ```

    Reference:
        [2010.02502](https://arxiv.org/abs/2010.02502), equations 12 and 16.
    """

    def __init__(self, process, *, eta=0.0, steps=None, spacing=leading):
        super().__init__(process, steps=steps, spacing=spacing)
        self.keep(eta=_checked_eta(eta))

    def step(self, output, x, t, previous_t, noise=None, *, eta=None):
        """Returns `x` at `previous_t`, float32.

        Args:
            output: float tensor. Of the network at `x`.
            x: float tensor `(batch, ...)`.
            t: int tensor in [1, T], scalar or `(batch,)`.
            previous_t: int tensor in [0, t), scalar or `(batch,)`.
            noise: float tensor like `x`, standard normal; may be `None` if `eta` is the number 0.
            eta: float in [0, 1], scalar tensor or tensor `(batch,)`; `None` means the sampler's.
        """
        process, x = self.process, _float(x)
        eta = self.eta if eta is None else _checked_eta(eta)
        signal, sigma = process.levels(t)
        later_signal, later_sigma = process.levels(previous_t)
        # Nothing but rounding makes what is under the roots negative.
        fresh = ops.maximum(sigma**2 - (signal / later_signal * later_sigma) ** 2, 0.0) ** 0.5
        deviation = ops.cast(eta, "float64") * later_sigma / sigma * fresh
        on_epsilon = ops.maximum(later_sigma**2 - deviation**2, 0.0) ** 0.5
        x0 = process.estimate_x0(output, x, t)
        epsilon = process.epsilon_from(process.split(output)[0], x, t)
        x = process.expand(later_signal, x) * x0 + process.expand(on_epsilon, x) * epsilon
        if _is_zero(eta):
            return x
        if noise is None:
            raise ValueError(f"`noise` must be given unless `eta` is the number 0. Received: None, eta={eta}")
        return x + process.expand(deviation, x) * _float(noise)

    def _unclipped(self, output, x, t, previous_t, denoise):
        prediction, _ = self.process.split(output)
        x0 = self.process.x0_from(prediction, x, t)
        return self.process.add_noise(x0, self.process.epsilon_from(prediction, x, t), previous_t)

    def _advance(self, denoise, draw, eta=None):
        eta = self.eta if eta is None else _checked_eta(eta)
        if draw is None and not _is_zero(eta):
            raise ValueError(
                f"`draw` must be a callable unless `eta` is the number 0. Received: None, eta={eta}"
            )

        def advance(index, output, x, t, previous_t):
            noise = None if _is_zero(eta) else draw(index)
            return (self.step(output, x, t, previous_t, noise, eta=eta),)

        return advance


@register
class DPMSolverSampler(Sampler):
    """DPM-Solver++ (2M): the path of DDIM without noise, followed to second order in 10 to 20 steps.

    With `l = log(signal / sigma)`, which a step increases by `h`,
    `x_previous = sigma' / sigma x + signal' (1 - exp(-h)) d`, where
    `d = x_0 + h / (2 h_last) (x_0 - x_0_last)` extrapolates from this estimate of x_0 and the last. The first
    step has no last estimate; the step to t = 0, where l is infinite, gives its x_0.

    Args:
        process: `DiffusionProcess`. Its variance is not used.
        steps: int in [1, T]. How many steps, unless `sample` is told; `None` means 20, or T if that is less.
        spacing: as for the others; `None` means `EvenLogSNR`.

    Example:
    ```python
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.CosineSchedule(timesteps=1000))
    sampler = keras_gans.diffusion.DPMSolverSampler(process, steps=15)
    images = sampler.sample(lambda x, t: x, keras.random.normal((4, 8, 8, 3)))
    ```

    Reference:
        [2211.01095](https://arxiv.org/abs/2211.01095), algorithm 2. Deviation: timesteps are integers.
    """

    follows = DiffusionProcess
    usual_steps = 20

    def __init__(self, process, *, steps=None, spacing=None):
        if spacing is None and isinstance(process, self.follows):
            spacing = EvenLogSNR(process.schedule)
        super().__init__(process, steps=steps, spacing=spacing)

    def step(self, output, x, t, previous_t, last_t=None, last_x0=None):
        """Returns `x` at `previous_t`, and the estimate of `x_0` that the next step needs; both float32.

        Args:
            output: float tensor. Of the network at `x`.
            x: float tensor `(batch, ...)`.
            t: int tensor in [1, T], scalar or `(batch,)`.
            previous_t: int tensor in [0, t), scalar or `(batch,)`.
            last_t: int tensor in (t, T], where the last step started; T + 1 or `None` means that there was
                none.
            last_x0: float tensor like `x`. The estimate of `x_0` there.
        """
        process, x = self.process, _float(x)
        x0 = process.estimate_x0(output, x, t)
        now, before = process.alpha_cumprod(t), process.alpha_cumprod(previous_t)
        shrink = ((1.0 - before) / (1.0 - now)) ** 0.5  # sigma' / sigma
        on_estimate = before**0.5 - shrink * now**0.5  # signal' (1 - exp(-h)), which is finite at t = 0
        estimate = x0
        if last_t is not None:
            estimate += process.expand(self._slope(t, previous_t, last_t), x) * (x0 - _float(last_x0))
        return process.expand(shrink, x) * x + process.expand(on_estimate, x) * estimate, x0

    def _slope(self, t, previous_t, last_t):
        """`h / (2 h_last)`; 0 makes the step one of first order."""
        # Of 0..T + 1. At 0 it is infinite, and T + 1 stands for nothing: those values are not used.
        table = np.pad(_log_signal_to_noise(self.process.schedule), 1)
        now, after, last = (ops.take(ops.convert_to_tensor(table), step) for step in (t, previous_t, last_t))
        first_order = ops.logical_or(ops.equal(previous_t, 0), ops.greater(last_t, self.process.timesteps))
        return ops.where(first_order, 0.0, 0.5 * (after - now) / ops.where(first_order, 1.0, now - last))

    def _advance(self, denoise, draw):
        def advance(index, output, x, t, previous_t, last_t, last_x0):
            x, x0 = self.step(output, x, t, previous_t, last_t, last_x0)
            return x, t, x0

        return advance

    def _memory(self, x):
        return ops.cast(self.process.timesteps + 1, "int32"), ops.zeros_like(x)


def _log_signal_to_noise(schedule):
    """`log(signal / sigma)` of 1..T, decreasing, float64 array."""
    alpha_cumprod = schedule.alpha_cumprod[1:]
    return 0.5 * np.log(alpha_cumprod / (1.0 - alpha_cumprod))


def _float(x):
    return ops.cast(ops.convert_to_tensor(x), "float32")


def _per_example(t, x):
    return ops.broadcast_to(t, (ops.shape(x)[0],))


def _is_zero(eta):
    """Whether it is known that no noise is needed."""
    return isinstance(eta, numbers.Number) and eta == 0


def _checked_eta(eta):
    if isinstance(eta, numbers.Number) and not 0.0 <= eta <= 1.0:
        raise ValueError(f"`eta` must be in [0, 1]. Received: {eta}")
    return eta
