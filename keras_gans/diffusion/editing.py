"""Images made anew in part, or a little: maths on a sampler and its process, without networks.

Both loops go from timestep to timestep by the process alone, whichever it is: what the network says of a
state means a clean one and a noise, and the next state is these two at the next timestep. For DDIM without
added noise that is its own step.
"""

import numbers

from keras import ops

JUMP_LENGTH = 2
RESAMPLINGS = 10


def inpaint(
    sampler,
    denoise,
    noise,
    state,
    known,
    *,
    draw,
    steps=None,
    jump_length=JUMP_LENGTH,
    resamplings=RESAMPLINGS,
):
    """Makes the unknown cells of states so that they fit the known ones, by RePaint.

    At each level of noise the known cells are the given ones with fresh noise, the unknown ones are denoised.
    What one pass makes up does not yet fit its surroundings well: every `jump_length` steps noise is added to
    go as many steps back, and the same steps are walked again, until each piece was walked `resamplings`
    times. The steps of the first piece, from pure noise, are walked once; there are 1 to `jump_length` of
    them. The network is called `first + pieces * jump_length * resamplings` times, with
    `pieces = (steps - 1) // jump_length` and `first = steps - pieces * jump_length`.

    Args:
        sampler: `Sampler`. Of its own it gives the process and the timesteps.
        denoise: callable, `(x, t) -> output`, as for `Sampler.sample`.
        noise: float tensor `(batch, ...)`, standard normal. Where the unknown cells start.
        state: float tensor `(batch, ...)`. Without noise; only its known cells matter.
        known: bool tensor that broadcasts with `state`. True where a cell is kept.
        draw: callable. `draw(i)` gives a pair of standard normal noises like `state` for call i of the
            network, which counts from 0 and is an int32 scalar: for the known cells, and to go back with.
        steps: int, or int scalar tensor, in [1, T]; `None` means the sampler's. A tensor is not checked.
        jump_length: int, or int scalar tensor, at least 1. Steps to go back.
        resamplings: int, or int scalar tensor, at least 1. How often a piece is walked; 1 goes back never.

    Returns:
        float32 tensor like `state`, which is given back exactly in the known cells.

    Raises:
        ValueError: `steps`, `jump_length` or `resamplings` is a number outside its range.

    Reference:
        [2201.09865](https://arxiv.org/abs/2201.09865), algorithm 1 and section 4.2; there jumps of 10 of 250
        steps, 10 times. Deviation: steps add no noise. On Gaussian data with the exact denoiser that came
        closer to the conditional distribution wherever pieces were walked more than once.
    """
    process, steps = sampler.process, sampler.checked_steps(steps)
    for name, value in (("jump_length", jump_length), ("resamplings", resamplings)):
        if isinstance(value, numbers.Number) and not value >= 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {value}")
    steps, jump_length, resamplings = (ops.cast(each, "int32") for each in (steps, jump_length, resamplings))
    pieces = (steps - 1) // jump_length
    first = steps - pieces * jump_length
    total = first + pieces * jump_length * resamplings
    noise, state = (ops.cast(ops.convert_to_tensor(each), "float32") for each in (noise, state))

    def body(done, x):
        behind = ops.maximum(done - first, 0)
        piece, within = behind // (jump_length * resamplings), behind % (jump_length * resamplings)
        index = ops.where(done < first, done, first + piece * jump_length + within % jump_length)
        t, previous_t = sampler.pair(index, steps)
        on_known, on_return = draw(done)
        returns = ops.logical_and(ops.equal(within % jump_length, 0), within > 0)
        # From timestep 0, which is sound for every process, where the result is not used.
        reached_t = ops.where(returns, sampler.pair(index + jump_length - 1, steps)[1], 0)
        x = ops.where(returns, _noisier(process, x, on_return, reached_t, t), x)
        x0, epsilon = _said(process, denoise, x, ops.broadcast_to(t, (ops.shape(x)[0],)))
        x0, epsilon = ops.where(known, state, x0), ops.where(known, on_known, epsilon)
        return done + 1, process.add_noise(x0, epsilon, previous_t)

    zero = ops.cast(0, "int32")
    x = ops.where(known, process.add_noise(state, noise, sampler.pair(zero, steps)[0]), noise)
    x = ops.while_loop(lambda done, x: done < total, body, (zero, x))[1]
    return ops.where(known, state, x)  # the last step of `DiffusersSpacing` may leave some noise


def vary(sampler, denoise, noise, state, strength, *, steps=None):
    """Adds noise to states, to the level of `strength`, and denoises them again, by SDEdit.

    The more noise, the less is kept. Timestep `round(strength T)` is where the way back begins; it goes over
    those of the sampler's timesteps that lie below, so that about `strength * steps` calls of the network are
    needed.

    Args:
        sampler: `Sampler`. Of its own it gives the process and the timesteps.
        denoise: callable, `(x, t) -> output`, as for `Sampler.sample`.
        noise: float tensor like `state`, standard normal.
        state: float tensor `(batch, ...)`. Without noise.
        strength: float, or float tensor `(batch,)`, in [0, 1]. At 0 the states stay exactly what they are; 1
            starts from `noise` alone. A tensor is not checked.
        steps: int, or int scalar tensor, in [1, T]; `None` means the sampler's. Of the whole way, from
            strength 1. A tensor is not checked.

    Returns:
        float32 tensor like `state`.

    Raises:
        ValueError: `steps` or `strength` is a number outside its range.

    Reference:
        [2108.01073](https://arxiv.org/abs/2108.01073), section 3, algorithm 1. Deviation: steps add no noise.
    """
    process, steps = sampler.process, ops.cast(sampler.checked_steps(steps), "int32")
    if isinstance(strength, numbers.Number) and not 0.0 <= strength <= 1.0:
        raise ValueError(f"`strength` must be in [0, 1]. Received: {strength}")
    noise, state = (ops.cast(ops.convert_to_tensor(each), "float32") for each in (noise, state))
    zero, last = ops.cast(0, "int32"), process.timesteps
    wanted = ops.broadcast_to(start_timestep(process, strength), (ops.shape(state)[0],))
    level = ops.minimum(wanted, sampler.pair(zero, steps)[0])
    pure = process.expand(ops.equal(wanted, last), state) > 0.0
    x = ops.where(pure, noise, process.add_noise(state, noise, level))
    # Steps above the level of all rows have nothing to do.
    highest = ops.max(level)
    [begin] = ops.while_loop(
        lambda index: ops.logical_and(index < steps, sampler.pair(index, steps)[1] >= highest),
        lambda index: (index + 1,),
        (zero,),
    )

    def body(index, x):
        t, previous_t = (ops.minimum(each, level) for each in sampler.pair(index, steps))
        x0, epsilon = _said(process, denoise, x, ops.maximum(t, 1))
        waits = process.expand(ops.equal(t, previous_t), x) > 0.0
        return index + 1, ops.where(waits, x, process.add_noise(x0, epsilon, previous_t))

    return ops.while_loop(lambda index, x: index < steps, body, (begin, x))[1]


def start_timestep(process, strength):
    """Returns the timestep that `vary` adds the noise of, `round(strength T)` in [0, T], int32."""
    return ops.cast(ops.round(ops.cast(strength, "float32") * process.timesteps), "int32")


def _said(process, denoise, x, t):
    """The clean state and the noise that the network's output for `x` at `t`, `(batch,)`, means."""
    output = denoise(x, t)
    return process.estimate_x0(output, x, t), process.epsilon_from(process.split(output)[0], x, t)


def _noisier(process, x, noise, t, later_t):
    """Draws from `q(x_later | x_t)`."""
    (signal, sigma), (later_signal, later_sigma) = (process.rates(each, x) for each in (t, later_t))
    keep = later_signal / signal
    return keep * x + ops.sqrt(ops.maximum(later_sigma**2 - (keep * sigma) ** 2, 0.0)) * noise
