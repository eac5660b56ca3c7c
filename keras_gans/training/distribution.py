"""What changes when several replicas train together.

Keras sums gradients over replicas, so a loss is the sum over examples divided by the GLOBAL batch:
`reduce_terms` is the only place where a loss becomes a scalar. Updates of variables that no optimizer owns
go through `update_variables`.
"""

import functools
import os

import tensorflow as tf


@functools.cache
def _mirrored():
    """The only strategy of its kind in a process.

    Each numbers its collectives from 100, on the same devices: what a second one reduces (synchronized batch
    norm) would meet what the first has reduced under that number, and fail where the shapes differ.
    """
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy(gpus or tf.config.list_logical_devices("CPU"))


def get_strategy(name):
    """Returns the `tf.distribute` strategy of that name.

    Args:
        name: str. "none"; "mirrored", all GPUs of this host; "multiworker", the hosts of `TF_CONFIG`;
            "auto", which takes "multiworker" where `TF_CONFIG` is set, "mirrored" where there are several
            GPUs, else "none".
    """
    if name == "auto":
        many = len(tf.config.list_logical_devices("GPU")) > 1
        name = "multiworker" if "TF_CONFIG" in os.environ else "mirrored" if many else "none"
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return _mirrored()
    if name == "multiworker":
        if "TF_CONFIG" not in os.environ:
            raise ValueError(
                "The strategy 'multiworker' reads its cluster from the environment variable TF_CONFIG, "
                "which is not set. "
                'Example: TF_CONFIG=\'{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
                '"task": {"type": "worker", "index": 0}}\''
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise ValueError(f"The strategy must be 'auto', 'none', 'mirrored' or 'multiworker'. Received: {name!r}")


def is_chief(strategy):
    """Whether this process writes the files that all workers share."""
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_type or resolver.task_id == 0


def resolve_jit(strategy, jit_compile):
    """Returns whether XLA compiles the step; "auto" means on a single GPU.

    Raises:
        ValueError: where XLA cannot: TensorFlow does not compile the reduction between replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if jit_compile == "auto":
        return replicas == 1 and len(tf.config.list_physical_devices("GPU")) == 1
    if jit_compile is True and replicas > 1:
        raise ValueError(
            "jit_compile=True does not work with several replicas: the reduction between them cannot "
            f"be compiled. Received: {replicas} replicas. Use jit_compile=False."
        )
    return jit_compile


def distribute(strategy, batches, *, batch_size):
    """Builds the input of `fit`: every replica gets its own rows of the global batch.

    Args:
        strategy: the `tf.distribute` strategy.
        batches: callable. `batches(batch_size=, replicas=, local_replicas=, pipeline=)` returns the
            `tf.data.Dataset` of one input pipeline, a batch a replica
            (`keras_gans.data.ImageData.batches`).
        batch_size: int. Global batch size.

    Returns:
        A `tf.data.Dataset`, or a distributed one under a strategy with several replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            "The batch size must be a multiple of the number of replicas. "
            f"Received: {batch_size}, replicas: {replicas}"
        )
    if replicas == 1:
        return batches(batch_size=batch_size)

    def pipeline(context):
        return batches(
            batch_size=batch_size // replicas,
            replicas=replicas,
            local_replicas=replicas // context.num_input_pipelines,
            pipeline=context.input_pipeline_id,
        )

    return strategy.distribute_datasets_from_function(pipeline)


def replicas_in_sync():
    """Number of replicas that share the current step."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def reduce_terms(terms):
    """Sums the means of loss vectors, `(batch,)` each, into one scalar, divided by the number of replicas."""
    return tf.add_n([tf.reduce_mean(term) for term in terms]) / replicas_in_sync()


def all_replicas(flag):
    """Whether a boolean scalar is true on every replica."""
    return total_over_replicas(tf.cast(tf.logical_not(flag), "float32")) == 0.0


def total_over_replicas(value):
    """Sums a tensor over the replicas that share the current step."""
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def update_variables(function, targets, sources, *arguments):
    """Calls `function(target, source, *arguments)`, which changes the target, on every replica's copy.

    Args:
        function: callable on `tf.Variable`s and tensors.
        targets: list of Keras variables.
        sources: list of Keras variables of the same shapes.
        *arguments: tensors, equal on all replicas.
    """
    targets = [variable.value for variable in targets]
    sources = [variable.value for variable in sources]

    def update(strategy, *arguments):
        for target, source in zip(targets, sources, strict=True):
            strategy.extended.update(target, function, args=(source, *arguments))

    tf.distribute.get_replica_context().merge_call(update, args=arguments)
