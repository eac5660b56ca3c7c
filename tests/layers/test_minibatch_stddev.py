import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer
from reference import numpy_layers

from harness import random_inputs
from keras_gans.layers import MinibatchStddev


@pytest.mark.parametrize("group_size, batch", [(4, 8), (4, 4), (2, 6), (3, 6), (4, 3), (16, 5), (1, 2)])
def test_minibatch_stddev(group_size, batch):
    check_layer(
        MinibatchStddev,
        arguments={"group_size": group_size},
        shapes=[(batch, 3, 2, 5)],
        reference=lambda x: numpy_layers.minibatch_stddev(x, group_size),
    )


def test_several_statistics():
    """Each of its share of the channels."""
    check_layer(
        MinibatchStddev,
        arguments={"group_size": 2, "num_channels": 3},
        shapes=[(4, 3, 2, 6)],
        reference=lambda x: np.concatenate(
            [x, *(numpy_layers.minibatch_stddev(x[..., i : i + 2], 2)[..., 2:] for i in (0, 2, 4))], axis=-1
        ),
    )


@pytest.mark.parametrize("arguments", [{"group_size": 0}, {"num_channels": 0}])
def test_sizes_are_positive(arguments):
    with pytest.raises(ValueError, match="must be positive"):
        MinibatchStddev(**arguments)


def test_channels_are_shared_out_evenly():
    with pytest.raises(ValueError, match="num_channels=2, channels=3"):
        MinibatchStddev(num_channels=2)(np.zeros((2, 4, 4, 3), "float32"))


def test_members_of_a_group_are_strided():
    """Examples 0 and 2 are one group, 1 and 3 the other: -1 and 1 have a biased standard deviation of 1."""
    images = np.array([-1.0, 5.0, 1.0, 5.0]).reshape(4, 1, 1, 1) * np.ones((1, 2, 2, 3))
    statistic = MinibatchStddev(group_size=2)(images)[..., -1]
    np.testing.assert_allclose(statistic[0::2], 1.0, rtol=1e-6)
    np.testing.assert_allclose(statistic[1::2], 1e-4, rtol=1e-3)  # sqrt(1e-8)


@pytest.mark.parametrize("group_size, batch", [(4, 6), (4, 5), (2, 3)])
def test_a_batch_that_cannot_be_cut(group_size, batch):
    layer = MinibatchStddev(group_size=group_size)
    images = np.zeros((batch, 2, 2, 1), "float32")
    with pytest.raises(ValueError, match=f"group_size={group_size}, batch={batch}"):
        layer(images)
    # Where the batch is not known while tracing, the graph fails instead of mixing examples.
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, 2, 2, 1))])
    with pytest.raises(tf.errors.InvalidArgumentError):
        graph(images)


def test_unknown_batch_in_a_graph():
    layer = MinibatchStddev()
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, 3, 2, 5))])
    for batch in (1, 3, 8):
        images = random_inputs([(batch, 3, 2, 5)])
        np.testing.assert_allclose(graph(images), numpy_layers.minibatch_stddev(images, 4), atol=1e-6)


def test_groups_stay_within_a_replica(two_replicas):
    images = random_inputs([(8, 2, 2, 3)])
    with two_replicas.scope():
        layer = MinibatchStddev(group_size=4)
    split = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(images, 2)[context.replica_id_in_sync_group])
    )
    results = two_replicas.experimental_local_results(two_replicas.run(layer, args=(split,)))
    for half, result in zip(np.split(images, 2), results, strict=True):
        np.testing.assert_allclose(result, numpy_layers.minibatch_stddev(half, 4), atol=1e-6)


def test_equal_examples_have_a_finite_gradient():
    images = tf.ones((4, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = keras.ops.sum(MinibatchStddev()(images)[..., -1])
    assert np.isfinite(tape.gradient(outputs, images)).all()
