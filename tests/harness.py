"""One check for each kind of thing. What a check asserts is said in its docstring."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import fresh_process
from keras_gans.losses import DiscriminatorView, GeneratorView
from keras_gans.presets.base import precision_scope as policy
from keras_gans.random import Draws
from keras_gans.serialization import parameters_of
from keras_gans.training import RunState

# Largest difference to float32, relative to the largest output.
POLICIES = {"float32": 1e-5, "mixed_float16": 1e-2, "mixed_bfloat16": 8e-2}


def first_of(cases, ids=None, count=1):
    """The first cases of a matrix, and with the mark `full` all others, as `parametrize` takes them."""
    names = ids or [None] * len(cases)
    marks = [() if number < count else pytest.mark.full for number in range(len(cases))]
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=mark, id=name)
        for case, mark, name in zip(cases, marks, names, strict=True)
    ]


def assert_close(actual, expected, tolerance=1e-5):
    """Compares with an absolute tolerance of `tolerance * max(1, max |expected|)`."""
    actual, expected = np.asarray(actual, "float64"), np.asarray(expected, "float64")
    assert actual.shape == expected.shape
    assert np.isfinite(actual).all()
    scale = max(1.0, np.max(np.abs(expected), initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


def through_json(config):
    """Returns the configuration after a way through JSON, which must not change it."""
    read = json.loads(json.dumps(config))
    assert read == config
    return read


def check_config(thing, arguments):
    """A configuration holds every argument, survives JSON, and gives back the class by its name."""
    config = thing.get_config()
    for name, value in arguments.items():
        assert config[name] == value
    through_json(config)
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    assert serialized["registered_name"] == f"keras_gans>{type(thing).__name__}"
    again = keras.saving.deserialize_keras_object(serialized)
    assert type(again) is type(thing)
    assert again.get_config() == config
    return type(thing).from_config(through_json(config))


def randomize(thing, seed=0):
    """Gives all weights random values, so that none is zero or one; those not trained are in (0.2, 0.8)."""
    random = np.random.default_rng(seed)
    for weight in thing.weights:
        if weight.trainable:
            weight.assign(random.standard_normal(weight.shape))
        else:
            weight.assign(random.uniform(0.2, 0.8, weight.shape))


def random_inputs(shapes, seed=1):
    """Returns standard normal float32 arrays."""
    random = np.random.default_rng(seed)
    arrays = [random.standard_normal(shape).astype("float32") for shape in shapes]
    return arrays if len(arrays) > 1 else arrays[0]


def gradients(call, inputs, variables):
    """Returns the outputs, and for each variable the gradient of their sum weighted by fixed numbers."""
    with tf.GradientTape() as tape:
        outputs = tf.cast(call(inputs), "float32")
        weights = np.random.default_rng(2).uniform(0.5, 1.5, outputs.shape).astype("float32")
        loss = tf.reduce_sum(outputs * weights)
    return outputs, tape.gradient(loss, [variable.value for variable in variables])


def check_gradients(call, inputs, variables):
    """Every variable gets a gradient that is finite and not zero everywhere."""
    for variable, gradient in zip(variables, gradients(call, inputs, variables)[1], strict=True):
        assert gradient is not None, f"{variable.path} has no gradient"
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        assert np.any(gradient != 0), variable.path


def check_modes(call, inputs, expected, tolerance=1e-5):
    """Graph and XLA give what eager gives; twice the same is the same to the bit."""
    np.testing.assert_array_equal(np.asarray(call(inputs), "float32"), expected)
    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    assert_close(tf.function(call)(tensors), expected, tolerance)
    assert_close(tf.function(call, jit_compile=True)(tensors), expected, tolerance)


def check_loss(loss_class, *, arguments=None, real, fake, discriminator, generator):
    """Checks an adversarial loss.

    Known answers on fixed logits; float32 `(batch,)`, also of half precision; a patch map is the mean of its
    patches; eager, graph and XLA agree; finite, with a finite gradient, on logits of +-1000; configuration.

    Args:
        loss_class: the class.
        arguments: dict. Of its constructor.
        real: list of float. Logits of real images.
        fake: list of float. Logits of fake images, as many.
        discriminator: list of float. Known losses, one for each pair.
        generator: list of float. Known losses, one for each fake.
    """
    arguments = arguments or {}
    loss = loss_class(**arguments)
    assert check_config(loss, arguments) == loss
    assert loss_class.__name__ in repr(loss)
    real, fake = (np.reshape(np.asarray(logits, "float32"), (-1, 1)) for logits in (real, fake))
    expected = {"discriminator": discriminator, "generator": generator}

    def both(real, fake):
        return {"discriminator": loss.discriminator(real, fake), "generator": loss.generator(fake, real)}

    patches = [np.broadcast_to(logits[:, None, None], (len(real), 2, 3, 1)) for logits in (real, fake)]
    half = [logits.astype("float16") for logits in (real, fake)]
    for run in (both, tf.function(both), tf.function(both, jit_compile=True)):
        for logits, tolerance in ((real, fake), 1e-6), (patches, 1e-6), (half, 1e-2):
            for player, values in run(*[tf.constant(array) for array in logits]).items():
                assert values.dtype == "float32"
                assert values.shape == (len(real),)
                assert_close(values, expected[player], tolerance)

    # Patches that differ: the mean of what each of them would have given.
    maps = random_inputs([(2, 4, 4, 1), (2, 4, 4, 1)])
    single = both(*[tf.reshape(one, (-1, 1)) for one in maps])
    for player, values in both(*maps).items():
        assert_close(values, tf.reduce_mean(tf.reshape(single[player], (2, 16)), axis=1), 1e-6)

    for large in (-1e3, 1e3):
        logits = tf.constant([[large]])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(logits)
            values = both(logits, logits)
        for value in values.values():
            assert np.isfinite(value).all()
            assert np.isfinite(tape.gradient(value, logits)).all()


def check_term(term_class, *, arguments=None, view, at, value, gradient):
    """Checks a loss term on a discriminator (or generator) that can be differentiated by hand.

    Known value, float32 `(batch,)`, and known gradient of its sum, eager, in a graph and under XLA; unmoved
    by `weight` and `interval`, by which the trainer multiplies; `interval` below 1 and negative weights are
    refused; keyword-only; configuration.

    Args:
        term_class: the class.
        arguments: dict. Of its constructor.
        view: `view(w) -> DiscriminatorView or GeneratorView`, a differentiable function of a float32 tensor.
        at: array. The w.
        value: array, `(batch,)`. Known term at w, times its weight, as papers write it.
        gradient: array like w. Known gradient of the sum of `value`.
    """
    arguments = arguments or {}
    term = term_class(**arguments)
    assert check_config(term, arguments) == term
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters_of(term_class).values())
    assert isinstance(term.name, str) and term.name
    for name, wrong in (("interval", 0), ("interval", -3), ("weight", -1.0), ("weight", "much")):
        with pytest.raises(ValueError, match=rf"`{name}` must .* Received: .*{wrong}"):
            term_class(**{**arguments, name: wrong})

    def run(w):
        with tf.GradientTape() as tape:
            tape.watch(w)
            values = term.weight_at(0) * term.value(view(w))
            total = tf.reduce_sum(values)
        return values, tape.gradient(total, w)

    w = tf.constant(at, "float32")
    for function in (run, tf.function(run), tf.function(run, jit_compile=True)):
        values, slope = function(w)
        assert values.dtype == "float32"
        assert_close(values, value, 2e-5)
        assert_close(slope, gradient, 2e-5)
    heavy = term_class(**{**arguments, "weight": 3.0, "interval": 4})
    np.testing.assert_array_equal(heavy.value(view(w)), term.value(view(w)))


def discriminator_view(**known):
    """Returns a `DiscriminatorView` of what is known; all the rest is `None`."""
    return DiscriminatorView(**{**dict.fromkeys(DiscriminatorView.__dataclass_fields__), **known})


def generator_view(**known):
    """Returns a `GeneratorView` of what is known; all the rest is `None`."""
    return GeneratorView(**{**dict.fromkeys(GeneratorView.__dataclass_fields__), **known})


def values(trainer):
    """The whole state of a trainer as arrays, by name."""
    return {
        f"{name}/{i}": np.array(variable.numpy())
        for name, group in trainer.state().items()
        for i, variable in enumerate(group)
    }


def difference(left, right):
    """Largest difference between two states of `values`, relative in variables that exceed 1.

    Kernels of a mapping network with a learning-rate multiplier of 0.01 are in the hundreds, where float32
    has steps larger than the differences looked for.
    """
    assert left.keys() == right.keys()
    return max(
        float(np.max(np.abs(left[k].astype("float64") - right[k]), initial=0))
        / max(1.0, float(np.max(np.abs(left[k]), initial=0)))
        for k in left
    )


def state_after(trainer, batches):
    """Fits without words and returns the state."""
    trainer.fit(batches, verbose=0, shuffle=False)
    return values(trainer)


def sgd():
    return keras.optimizers.SGD(1e-2)


def adam():
    return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99)


def momentum():
    """An optimizer with state, whose updates are as small as differences of gradients."""
    return keras.optimizers.SGD(1e-2, momentum=0.9)


def check_trainer(make, batches, *, directory, replicas=None, smooth=momentum):
    """Training and resume of a trainer, with one traced step; the same on replicas, with another.

    Every network moves and stays finite; two steps after a restore are bit for bit those that followed the
    save, see `check_resume`. On two replicas likewise, and after these four steps the state is that of one
    within 1e-5 (with one step of the discriminator: the parts of several are other rows on two replicas).

    Args:
        make: callable `optimizer -> compiled trainer`, the same weights every time. `optimizer` makes a
            fresh one.
        batches: callable `(steps, start) -> tf.data.Dataset` of global batches.
        directory: path. For checkpoints.
        replicas: strategy of two replicas; `None` leaves them out.
        smooth: makes an optimizer that has state and whose updates are as small as differences of gradients.

    Returns:
        The trainer of one replica after four steps.
    """
    trainer = make(smooth)
    start = values(trainer)
    end = check_resume(trainer, batches, directory / "alone")
    assert difference(start, end) > 1e-3
    assert int(trainer.skipped_steps.numpy()) == 0
    assert_networks_moved(trainer, start, end)
    if replicas is not None:
        with replicas.scope():
            several = make(smooth)
        assert difference(end, check_resume(several, batches, directory / "replicas")) < 1e-5
    return trainer


def check_trainer_in_full(make, batches, *, directory, replicas, smooth=sgd, adaptive=adam):
    """What `check_trainer` checks, with an adaptive optimizer and fresh trainers; players and half precision.

    An update of one player leaves the other's trainable weights unchanged; one replica equals two within
    1e-5 after five steps of `smooth`; a fresh trainer goes on from a checkpoint as the saved one does, bit
    for bit, alone and on two replicas; float16 and bfloat16 stay finite and move.

    Args: as of `check_trainer`; `smooth` needs no state, `adaptive` makes an optimizer with moments.
    """
    alone = tf.distribute.get_strategy()
    trainer = make(smooth)
    if len(trainer.players()) > 1:
        check_players(trainer, next(iter(batches(1, 0))))
    ends = []
    for strategy in (alone, replicas):
        with strategy.scope():
            trainer = make(smooth)
        start = values(trainer)
        ends.append(state_after(trainer, batches(5, 0)))
        assert difference(start, ends[-1]) > 1e-3
    assert difference(*ends) < 1e-5
    for number, strategy in enumerate((alone, replicas)):
        with strategy.scope():
            saved, fresh = make(adaptive), make(adaptive)
        check_resume(saved, batches, directory / str(number), into=fresh)
    for name in ("mixed_float16", "mixed_bfloat16"):
        with policy(name):
            trainer = make(adaptive)
        start = values(trainer)
        end = state_after(trainer, batches(2, 0))
        assert int(trainer.skipped_steps.numpy()) == 0
        assert_networks_moved(trainer, start, end)


def assert_networks_moved(trainer, start, end):
    """Of two states, all numbers of the second are finite, and each network has others than in the first."""
    assert all(np.isfinite(value).all() for value in end.values())
    for role in (role for player in trainer.players() for role in player.networks):
        assert any(np.any(start[key] != end[key]) for key in start if key.startswith(f"{role}/")), role


def check_players(trainer, batch):
    """One update of each player, and what it leaves alone.

    Statistics of normalisation and vectors of power iterations move whenever a network runs in training, as
    in the papers' own code; weights move in their player's update only.
    """
    players = trainer.networks()
    for player, other in (("discriminator", "generator"), ("generator", "discriminator")):
        before = {name: weights_of(networks) for name, networks in players.items()}
        losses = getattr(trainer, f"{player}_losses")
        trainer._update(player, losses, batch, Draws(0, 0))
        after = {name: weights_of(networks) for name, networks in players.items()}
        assert any(np.any(a != b) for a, b in zip(before[player], after[player], strict=True))
        assert all(np.all(a == b) for a, b in zip(before[other], after[other], strict=True))


def weights_of(networks):
    """The trainable weights of networks as arrays."""
    return [weight.numpy().copy() for n in networks.values() for weight in n.trainable_weights]


def check_resume(trainer, batches, directory, *, into=None):
    """Two steps, a save, two steps; then a trainer of spoilt variables goes on from the save to the same end.

    Spoilt and compared is every variable of the trainer and its optimizers, also one that `state` forgets. It
    goes on with `into`, a trainer like it, or else with the same one, whose step is traced already. Returns
    the state at the end, as `values` has it.
    """
    state_after(trainer, batches(2, 0))
    RunState(directory, trainer).save()
    end = state_after(trainer, batches(2, 2))
    expected = [variable.numpy().copy() for variable in all_variables(trainer)]
    into = trainer if into is None else into
    for variable in all_variables(into):
        variable.assign(np.full(variable.shape, 7))
    RunState(directory, into).restore()
    state_after(into, batches(2, 2))
    for variable, value in zip(all_variables(into), expected, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value, err_msg=variable.path)
    return end


def all_variables(trainer):
    """The variables of a trainer and its optimizers, without those of metrics, which `fit` resets."""
    optimizers = [getattr(trainer, player.optimizer) for player in trainer.players()]
    reset = {id(variable) for metric in trainer.metrics for variable in metric.variables}
    found = [*trainer.variables, *(variable for optimizer in optimizers for variable in optimizer.variables)]
    return [variable for variable in {id(v): v for v in found}.values() if id(variable) not in reset]


def check_export(path, calls, *, directory):
    """A fresh process that cannot import keras_gans runs signatures and agrees to 1e-5.

    Args:
        path: path of the export.
        calls: dict, `(signature, rows)` -> (arguments, expected outputs), both dicts of arrays.
        directory: path. For the arrays on their way.
    """
    given, expected = {}, {}
    for (name, rows), (arguments, outputs) in calls.items():
        given |= {f"{name}/{rows}/{key}": np.asarray(value) for key, value in arguments.items()}
        expected |= {f"{name}/{rows}/{key}": np.asarray(value) for key, value in outputs.items()}
    np.savez(directory / "given.npz", **given)
    fresh_process.run_signatures(path, directory / "given.npz", directory / "taken.npz")
    taken = np.load(directory / "taken.npz")
    assert set(taken) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(taken[key], value, atol=1e-5, err_msg=key)
