"""Flow matching: a straight path from noise to images, how it is trained and how it is followed."""

import numpy as np
from keras import ops

from keras_gans.diffusion.process import NoiseProcess, Velocity
from keras_gans.diffusion.samplers import PathSampler, _float, _per_example, trailing
from keras_gans.diffusion.schedules import _Immutable, check_timesteps
from keras_gans.serialization import register


@register
class LogitNormal(_Immutable):
    """Times `s` in (0, 1) whose `log(s / (1 - s))` is normal: more of the middle, where the task is hard.

    Args:
        mean: float. Above 0 there are more times with much noise.
        deviation: float, above 0. Standard deviation.

    Example:
    ```python
    process = keras_gans.diffusion.FlowProcess(times=keras_gans.diffusion.LogitNormal())
    ```

    Reference:
        [2403.03206](https://arxiv.org/abs/2403.03206), section 3.1.
    """

    def __init__(self, mean=0.0, deviation=1.0):
        if not deviation > 0.0:
            raise ValueError(f"`deviation` must be positive. Received: {deviation}")

    def draw(self, draws, count):
        """Returns float32 `(count,)`. Arguments are those of `NoiseProcess.draw_timesteps`."""
        return ops.sigmoid(self.mean + self.deviation * draws.normal("timesteps", (count,)))


@register
class FlowProcess(NoiseProcess):
    """The straight path `x_t = (1 - s) x_0 + s noise` with `s = t / T`: s = 0 is the image, s = 1 the noise.

    The network predicts the velocity `noise - x_0`; its plain squared error is the loss. Tensors are those of
    `NoiseProcess`, integer timesteps included: networks, samplers and exports are those of a
    `DiffusionProcess`.

    Args:
        timesteps: int in [1, 32767]. T. A network can be asked at as many places.
        times: `LogitNormal`. Which times training draws, rounded up to timesteps; `None` means uniform ones.
        clip: bool. Whether an estimated x_0 is clipped to [-1, 1]; off for latents.

    Raises:
        ValueError: an argument is not of its kind or outside its range; as for `NoiseProcess`.

    Example:
    ```python
    process = keras_gans.diffusion.FlowProcess()
    images, noise = keras.random.normal([2, 4, 8, 8, 3])
    t = keras.ops.convert_to_tensor([1, 2, 500, 1000])
    x_t = process.add_noise(images, noise, t)
    x0 = process.x0_from(noise - images, x_t, t)  # images
    ```

    Reference:
        [2210.02747](https://arxiv.org/abs/2210.02747), section 4.1 with sigma_min 0, and
        [2209.03003](https://arxiv.org/abs/2209.03003), section 2.1. Deviations: there time runs from noise to
        image, here as in diffusion; times are multiples of 1 / T.
    """

    prediction = Velocity()

    def __init__(self, timesteps=1000, *, times=None, clip=True):
        check_timesteps(timesteps)
        if not isinstance(times, (LogitNormal, type(None))):
            raise ValueError(f"`times` must be `LogitNormal` or None. Received: {times!r}")

    def _tables(self):
        s = np.arange(self.timesteps + 1) / self.timesteps
        return 1.0 - s, s

    def gain(self, t, previous_t):
        """Returns 1: the velocity is held."""
        return 1.0

    def draw_timesteps(self, draws, count):
        if self.times is None:
            return super().draw_timesteps(draws, count)
        t = ops.ceil(self.timesteps * self.times.draw(draws, count))
        return ops.cast(ops.clip(t, 1.0, self.timesteps), "int32")

    def velocity(self, output, x_t):
        """Returns the velocity that a network's output is, float32 of the shape of `x_t`."""
        return self._alike(self.split(output)[0], x_t)[0]


@register
class HeunSampler(PathSampler):
    """Heun's method for flows: the mean of the velocities at both ends of a step, which has second order.

    With `h = s' - s` of a step and a timestep `m` in it, at the share `a` of its length,
    `x_previous = x + h ((1 - 1/(2a)) velocity(x, t) + 1/(2a) velocity(x + a h velocity(x, t), m))`. Here m is
    the end and a is 1. All a have second order, so in the last step m is 1, because no network is trained at
    0. A step from 1 to 0 is one of Euler. Images are clipped in the end if the process clips, velocities are
    not.

    Args:
        process: `FlowProcess`.
        steps: int in [1, T]. How many steps, of two calls of the network each, unless `sample` is told;
            `None` means 10, or T if that is less.
        spacing: as for the others.

    Example:
    ```python
    sampler = keras_gans.diffusion.HeunSampler(keras_gans.diffusion.FlowProcess(), steps=10)
    images = sampler.sample(lambda x, t: x, keras.random.normal((4, 8, 8, 3)))
    ```

    Reference:
        [2206.00364](https://arxiv.org/abs/2206.00364), algorithm 1. Deviation: there the last step is one of
        Euler.
    """

    follows = FlowProcess
    usual_steps = 10

    def __init__(self, process, *, steps=None, spacing=trailing):
        super().__init__(process, steps=steps, spacing=spacing)

    def middle(self, t, previous_t):
        """Returns the timestep in [`previous_t`, t) of a step's second call, before it is made at least 1."""
        return previous_t

    def step(self, output, x, t, previous_t, denoise):
        """Returns `x` at `previous_t`, float32.

        Arguments are those of `AncestralSampler.step`, without its noise, and `denoise`, callable `(x, t) ->
        output`.
        """
        reached = self._unclipped(output, x, t, previous_t, denoise)
        if not self.process.clip:
            return reached
        ends = self.process.expand(ops.equal(previous_t, 0), reached) > 0.0
        return ops.where(ends, ops.clip(reached, -1.0, 1.0), reached)

    def _unclipped(self, output, x, t, previous_t, denoise):
        process, x = self.process, _float(x)
        middle = ops.maximum(self.middle(t, previous_t), 1)
        (_, sigma), (_, middle_sigma), (_, later_sigma) = map(process.levels, (t, middle, previous_t))
        first = process.velocity(output, x)
        x_middle = x + process.expand(middle_sigma - sigma, x) * first
        second = process.velocity(denoise(x_middle, _per_example(middle, x)), x)
        share = (sigma - middle_sigma) / (sigma - later_sigma)
        correction = ops.where(share > 0.0, 0.5 / ops.where(share > 0.0, share, 1.0), 0.0)
        velocity = first + process.expand(correction, x) * (second - first)
        return x + process.expand(later_sigma - sigma, x) * velocity

    def _advance(self, denoise, draw):
        return lambda index, output, x, t, previous_t: (self.step(output, x, t, previous_t, denoise),)


@register
class MidpointSampler(HeunSampler):
    """The midpoint method for flows: the velocity half-way through a step.

    As `HeunSampler`, whose arguments it has, with a = 1/2, or next to it where half-way is no timestep.

    Reference:
        [2210.02747](https://arxiv.org/abs/2210.02747), section 6.
    """

    def middle(self, t, previous_t):
        return (t + previous_t) // 2
