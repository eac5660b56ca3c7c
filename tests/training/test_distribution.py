import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans.training import distribution


def test_reduce_terms_is_the_sum_of_means():
    value = distribution.reduce_terms([tf.constant([1.0, 3.0]), tf.constant([10.0, 20.0])])
    assert float(value) == 17.0


def test_reduce_terms_over_replicas_adds_up_to_the_global_mean(two_replicas):
    def step():
        row = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, "float32")
        return distribution.reduce_terms([tf.stack([row, row + 2.0])])

    parts = two_replicas.experimental_local_results(two_replicas.run(tf.function(step)))
    assert float(sum(parts)) == np.mean([0.0, 2.0, 1.0, 3.0])


def test_all_replicas(two_replicas):
    def step(bad_replica):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return distribution.all_replicas(tf.not_equal(replica, bad_replica))

    for bad, expected in ((0, False), (1, False), (5, True)):
        results = two_replicas.run(tf.function(step), args=(tf.constant(bad),))
        assert {bool(r) for r in two_replicas.experimental_local_results(results)} == {expected}
    assert bool(distribution.all_replicas(tf.constant(True)))


def test_update_variables_on_every_copy(two_replicas):
    with two_replicas.scope():
        target, source = keras.Variable([1.0, 2.0]), keras.Variable([10.0, 20.0])

    def step():
        distribution.update_variables(
            lambda old, new, share: old.assign(old + share * (new - old)),
            [target],
            [source],
            tf.constant(0.5),
        )

    two_replicas.run(tf.function(step))
    for copy in two_replicas.experimental_local_results(target.value):
        np.testing.assert_allclose(copy.numpy(), [5.5, 11.0])


def test_strategies(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert distribution.get_strategy("auto").num_replicas_in_sync == 1
    assert distribution.get_strategy("mirrored").num_replicas_in_sync == 2  # the two logical CPUs
    assert distribution.is_chief(distribution.get_strategy("none"))
    with pytest.raises(ValueError, match="TF_CONFIG, which is not set"):
        distribution.get_strategy("multiworker")
    with pytest.raises(ValueError, match="Received: 'mirorred'"):
        distribution.get_strategy("mirorred")


def test_distribute_gives_every_replica_its_rows(two_replicas):
    calls = []

    def batches(**share):
        calls.append(share)
        return tf.data.Dataset.range(100).batch(share["batch_size"], drop_remainder=True)

    rows = next(iter(distribution.distribute(two_replicas, batches, batch_size=8)))
    first, second = two_replicas.experimental_local_results(rows)
    assert first.numpy().tolist() == [0, 1, 2, 3]
    assert second.numpy().tolist() == [4, 5, 6, 7]
    assert calls[-1] == {"batch_size": 4, "replicas": 2, "local_replicas": 2, "pipeline": 0}
    alone = next(iter(distribution.distribute(tf.distribute.get_strategy(), batches, batch_size=8)))
    assert alone.numpy().tolist() == list(range(8)) and calls[-1] == {"batch_size": 8}
    with pytest.raises(ValueError, match=r"number of replicas\. Received: 7"):
        distribution.distribute(two_replicas, batches, batch_size=7)


def test_jit_is_refused_on_replicas_only(two_replicas):
    alone = tf.distribute.get_strategy()
    assert distribution.resolve_jit(alone, True) is True
    assert distribution.resolve_jit(alone, False) is False
    assert distribution.resolve_jit(alone, "auto") is False  # no GPU
    assert distribution.resolve_jit(two_replicas, False) is False
    assert distribution.resolve_jit(two_replicas, "auto") is False
    with pytest.raises(ValueError, match="Received: 2 replicas"):
        distribution.resolve_jit(two_replicas, True)


def test_two_runs_of_a_process_share_the_mirrored_strategy(two_replicas):
    assert distribution.get_strategy("mirrored") is two_replicas
    assert two_replicas.num_replicas_in_sync == 2
