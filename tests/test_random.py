import math

import numpy as np
import pytest
import tensorflow as tf

from keras_gans.random import Draws, counter_normal, threefry

KINDS = {
    "normal": lambda draws, shape: draws.normal("name", shape),
    "uniform": lambda draws, shape: draws.uniform("name", shape),
    "integers": lambda draws, shape: draws.integers("name", shape, 1000),
}
ALL = pytest.mark.parametrize("draw", KINDS.values(), ids=KINDS)


@ALL
def test_a_pure_function_of_seed_and_step(draw):
    first = draw(Draws(7, 11), (4, 3)).numpy()
    np.testing.assert_array_equal(draw(Draws(7, 11), (4, 3)), first)
    np.testing.assert_array_equal(draw(Draws(7, tf.constant(11, "int64")), (4, 3)), first)
    np.testing.assert_array_equal(draw(Draws(7, tf.Variable(11, dtype="int32")), (4, 3)), first)
    for seed, step in ((7, 12), (8, 11), (11, 7)):
        assert not np.array_equal(draw(Draws(seed, step), (4, 3)), first)


@ALL
def test_every_call_is_another_draw(draw):
    draws = Draws(0, 0)
    numbers = [draw(draws, (4, 3)).numpy() for _ in range(3)]
    assert not any(np.array_equal(numbers[i], numbers[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    again = Draws(0, 0)
    draw(again, (9, 9))  # of another shape: the position counts
    np.testing.assert_array_equal(draw(again, (4, 3)), numbers[1])


@ALL
def test_other_draws_change_nothing(draw):
    """What another name, another kind of number or a scope drew before leaves a draw as it is."""
    alone = draw(Draws(0, 0), (4, 3)).numpy()
    draws = Draws(0, 0)
    draws.integers("other", (2,), 5)
    draw(draws.scoped("part"), (4, 3))
    np.testing.assert_array_equal(draw(draws, (4, 3)), alone)


def test_names_and_scopes_keep_draws_apart():
    draws = Draws(0, 0)
    first, second = draws.scoped("part"), draws.scoped("part")
    found = [
        draws.normal("name", (4,)),
        draws.normal("other", (4,)),
        first.normal("name", (4,)),
        second.normal("name", (4,)),
        first.scoped("part").normal("name", (4,)),
        draws.scoped("name").normal("part", (4,)),
    ]
    assert len({tuple(numbers.numpy()) for numbers in found}) == len(found)


def test_moments():
    draws = Draws(3, 4)
    normal = draws.normal("normal", (1000, 200)).numpy()
    assert normal.dtype == "float32"
    assert abs(normal.mean()) < 0.01  # 4.5 standard errors
    np.testing.assert_allclose(normal.var(), 1.0, atol=0.015)
    np.testing.assert_allclose((normal**4).mean(), 3.0, atol=0.1)
    assert 4.0 < np.abs(normal).max() < 6.0
    # Neighbours, in either direction, do not know of each other.
    assert abs(np.mean(normal[:, 1:] * normal[:, :-1])) < 0.01
    assert abs(np.mean(normal[1:] * normal[:-1])) < 0.01

    uniform = draws.uniform("uniform", (1000, 200)).numpy()
    assert uniform.dtype == "float32"
    assert uniform.min() >= 0.0 and uniform.max() < 1.0
    np.testing.assert_allclose(np.histogram(uniform, 10, (0, 1))[0] / uniform.size, 0.1, atol=0.004)

    integers = draws.integers("integers", (1000, 200), 5).numpy()
    assert integers.dtype == "int32"
    np.testing.assert_allclose(np.bincount(integers.ravel()) / integers.size, [0.2] * 5, atol=0.005)


def _all_kinds(step):
    draws = Draws(1, step)
    return [draw(draws, (4, 3)) for draw in KINDS.values()]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_draw_the_same_numbers(jit_compile):
    """With or without XLA; the step is an argument, so that one graph serves all steps."""
    traced = tf.function(_all_kinds, jit_compile=jit_compile)
    for step in (0, 1, 10**9):
        for ours, eager in zip(traced(tf.constant(step, "int64")), _all_kinds(step), strict=True):
            np.testing.assert_allclose(ours, eager, atol=1e-5)
    assert traced.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("graph", [False, True])
def test_replicas_draw_rows_of_one_batch(two_replicas, graph):
    """Two replicas with 3 examples each draw different rows; together they are the 6 of a single device."""

    def step():
        draws = Draws(1, 2)
        return [draw(draws, (3, 5)) for draw in KINDS.values()]

    def run():
        return two_replicas.run(step)

    results = (tf.function(run) if graph else run)()
    single = Draws(1, 2)
    for result, draw in zip(results, KINDS.values(), strict=True):
        parts = [part.numpy() for part in two_replicas.experimental_local_results(result)]
        assert not np.array_equal(*parts)
        np.testing.assert_array_equal(np.concatenate(parts), draw(single, (6, 5)))


def test_draws_depend_on_seed_and_index_only():
    seeds = tf.constant([5, 5, 6, -5], "int64")
    indices = tf.constant([0, 1, 0, 0], "int64")
    together = counter_normal(seeds, indices, (4,)).numpy()
    for row in range(4):
        alone = counter_normal(seeds[row : row + 1], indices[row : row + 1], (4,))
        np.testing.assert_array_equal(alone[0], together[row])
    assert len(np.unique(together, axis=0)) == 4
    compiled = tf.function(counter_normal, jit_compile=True)(seeds, indices, (4,))
    np.testing.assert_allclose(compiled, together, atol=1e-5)
    images = counter_normal(seeds, indices, (2, 3, 1))
    assert images.shape == (4, 2, 3, 1)


def test_threefry_known_answers():
    """The known answers that come with Random123, the authors' library."""
    answers = [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]
    for key, counter, expected in answers:
        words = [[tf.constant(word, "uint32") for word in pair] for pair in (key, counter)]
        assert tuple(int(word) for word in threefry(*words)) == expected


def test_draws_are_normal():
    seeds, zero = tf.range(4000, dtype="int64"), tf.zeros([4000], "int64")
    drawn = counter_normal(seeds, zero, (5,)).numpy()
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0.0, atol=0.06)
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(5), atol=0.08)
    below = [0.5 * math.erfc(-t / math.sqrt(2)) for t in (-2, -1, 0, 1, 2)]
    found = [(drawn < t).mean() for t in (-2, -1, 0, 1, 2)]
    np.testing.assert_allclose(found, below, atol=0.01)


def test_draws_keep_their_values():
    """A seed in a caption must keep its picture. Origin: this code, when it was first written."""
    zero = tf.zeros([1], "int64")
    drawn = counter_normal(zero + 42, zero, (3,)).numpy()[0]
    np.testing.assert_allclose(drawn, [-0.195825, 0.44342, 0.492306], atol=1e-5)


def test_a_stream_starts_where_a_whole_array_of_the_one_before_ends():
    """Places of stream 3 are counted from 3 * 2**20; one pair of Box and Muller, from the bits themselves."""
    key, counter = [42, 0], [7, 3 * 2**20]
    words = [[tf.constant(word, "uint32") for word in pair] for pair in (key, counter)]
    first, second = ((int(word) + 0.5) / 2**32 for word in threefry(*words))
    radius, angle = math.sqrt(-2.0 * math.log(first)), 2.0 * math.pi * second
    drawn = counter_normal(tf.constant([42], "int64"), tf.constant([7], "int64"), (2,), stream=3)[0]
    np.testing.assert_allclose(drawn, [radius * math.cos(angle), radius * math.sin(angle)], atol=1e-6)


def test_streams_are_other_numbers():
    seeds, indices = tf.constant([5, 6], "int64"), tf.constant([0, 3], "int64")
    first = counter_normal(seeds, indices, (5,)).numpy()
    np.testing.assert_array_equal(counter_normal(seeds, indices, (5,), stream=0), first)
    drawn = [counter_normal(seeds, indices, (5,), stream=s).numpy() for s in (0, 1, 4095)]
    assert len(np.unique(np.concatenate(drawn))) == 30
    stream = tf.constant(4095)
    np.testing.assert_array_equal(counter_normal(seeds, indices, (5,), stream=stream), drawn[2])


def test_an_array_of_an_export_has_a_largest_size():
    with pytest.raises(ValueError, match=r"2,097,152 numbers\. Received: `shape=\(2097153,\)`"):
        counter_normal(tf.zeros([1], "int64"), tf.zeros([1], "int64"), (2**21 + 1,))
