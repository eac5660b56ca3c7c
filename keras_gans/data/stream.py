"""The endless stream of batches, as a `tf.data` pipeline without state."""

import numpy as np
import tensorflow as tf

from keras_gans.images import channel_count, from_uint8
from keras_gans.resolution import pair

# Flips and crops are drawn in blocks of positions that do not depend on the batch size.
_BLOCK = 256


def stream(
    data,
    *,
    batch_size,
    seed,
    start,
    flip,
    replicas,
    local_replicas,
    pipeline,
    prefetch,
    jitter=1.0,
    extra=None,
    read=None,
):
    """Builds the dataset of `ImageData.batches`, which documents the arguments.

    Args:
        data: object with `__len__`, `take(indices)`, `labels`, `resolution` and `channels`, like `ImageData`.
        batch_size: int.
        seed: int.
        start: int.
        flip: bool.
        replicas: int.
        local_replicas: int.
        pipeline: int.
        prefetch: bool.
        jitter: float, at least 1. Images are enlarged by this factor and cropped at random to their size;
            1 means off.
        extra: callable `extra(first, count)` that returns a dict of further tensors of `count` consecutive
            positions, or `None`.
        read: callable like `read_images`; `None` means that.

    Returns:
        `tf.data.Dataset`.

    Raises:
        ValueError: if an argument is out of range or there are fewer images than a global batch.
    """
    _check(len(data), batch_size, start, replicas, local_replicas, pipeline)
    labels = None if data.labels is None else tf.constant(data.labels)

    def batch(element):
        turn, local = element // local_replicas, element % local_replicas
        slot = turn * replicas + pipeline * local_replicas + local
        first = start + slot * batch_size
        indices = shuffled_indices(first, batch_size, images=len(data), seed=seed)
        flips = flip_bits(first, batch_size, seed=seed) if flip else None
        images = (read or read_images)(data, indices, flips)
        if jitter > 1.0:
            images = _cropped(images, jitter, first, seed)
        result = {"images": images}
        if labels is not None:
            result["labels"] = tf.gather(labels, indices)
        return result if extra is None else {**result, **extra(first, batch_size)}

    dataset = tf.data.Dataset.range(np.iinfo("int64").max)
    dataset = dataset.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    if prefetch:
        dataset = dataset.prefetch(tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def read_images(data, indices, flips=None):
    """Images by their indices, in a graph.

    Args:
        data: object with `take(indices)`, `resolution` and `channels`, like `ImageData`.
        indices: int64 tensor, `(count,)`, of a static size.
        flips: bool tensor, `(count,)`: which to mirror left to right. `None` means none.

    Returns:
        float32 tensor, `(count, resolution, resolution, channels)`, in `[-1, 1]`.
    """
    shape = (*indices.shape, *pair(data.resolution), channel_count(data.channels))
    images = tf.numpy_function(data.take, [indices], tf.uint8, stateful=False)
    images.set_shape(shape)
    if flips is not None:
        images = tf.ensure_shape(_mirrored_where(flips, images), shape)
    return from_uint8(images)


def shuffled_indices(first, count, *, images, seed):
    """Indices of the images at `count` consecutive positions.

    Args:
        first: int or int64 scalar tensor. First position.
        count: int, at most `images`.
        images: int. Size of the set.
        seed: int.

    Returns:
        int64 tensor, `(count,)`, values in `[0, images)`.
    """
    positions = tf.cast(first, "int64") + tf.range(count, dtype="int64")
    places = positions % images
    epochs = positions // images
    # No more than two epochs: `count` is not above the size of an epoch.
    this_epoch = _permuted(places, seed, epochs[0], images)
    next_epoch = _permuted(places, seed, epochs[0] + 1, images)
    return tf.where(epochs == epochs[0], this_epoch, next_epoch)


def flip_bits(first, count, *, seed):
    """Which of `count` consecutive positions are mirrored: bool tensor, `(count,)`.

    Args:
        first: int or int64 scalar tensor. First position.
        count: int.
        seed: int.
    """
    return integers(first, count, seed=seed, limit=2) == 1


def other_seed(seed, number):
    """Returns the seed of another, independent order: int, equal for equal arguments.

    Args:
        seed: int.
        number: int, not negative.
    """
    return int(np.random.default_rng([seed, number]).integers(2**62))


def integers(first, count, *, seed, limit):
    """Uniform integers of `count` consecutive positions: int32 tensor, `(count,)`, in `[0, limit)`.

    Args:
        first: int or int64 scalar tensor. First position.
        count: int.
        seed: int.
        limit: int, below 2**31.
    """
    first = tf.cast(first, "int64")
    block = first // _BLOCK
    blocks = -(-count // _BLOCK) + 1  # as many as `count` positions can touch
    numbers = [
        tf.random.stateless_uniform([_BLOCK], _seed(seed, block + i), 0, limit, dtype="int32", alg="philox")
        for i in range(blocks)
    ]
    offset = first - block * _BLOCK
    return tf.concat(numbers, axis=0)[offset : offset + count]


def _cropped(images, factor, first, seed):
    """Enlarges float images by a factor and cuts their own size out, each at its place."""
    batch, *sides = images.shape[:3]
    enlarged = [round(side * factor) for side in sides]
    if enlarged == sides:
        return images
    larger = tf.image.resize(images, enlarged, method="bicubic")
    for axis, (long, side) in enumerate(zip(enlarged, sides, strict=True), 1):
        offsets = integers(first, batch, seed=other_seed(seed, axis), limit=long - side + 1)
        places = offsets[:, None] + tf.range(side)  # (batch, side)
        larger = tf.gather(larger, places, axis=axis, batch_dims=1)
    return tf.clip_by_value(tf.ensure_shape(larger, images.shape), -1.0, 1.0)  # bicubic overshoots


def _mirrored_where(flips, images):
    """Mirrors those uint8 images, `(batch, height, width, channels)`, left to right whose flip is set."""
    batch = images.shape[0]
    rows = tf.reshape(images, (-1, *images.shape[2:]))  # (batch*height, width, channels)
    # Of rank 3 with 3 channels, because TensorFlow has a fast kernel for that alone.
    mirrored = tf.reshape(tf.reverse(rows, axis=[1]), images.shape)
    # Copying whole images is several times faster than a select that broadcasts.
    both = tf.concat([images, mirrored], axis=0)  # (2*batch, height, width, 3)
    return tf.gather(both, tf.range(batch) + batch * tf.cast(flips, "int32"))


def _permuted(places, seed, epoch, images):
    limit = tf.constant(images - 1, "int64")
    return tf.random.experimental.index_shuffle(places, _seed(seed, epoch), limit)


def _seed(seed, count):
    return tf.stack([tf.constant(seed, "int64"), tf.cast(count, "int64")])


def _check(images, batch_size, start, replicas, local_replicas, pipeline):
    if batch_size < 1 or start < 0:
        raise ValueError(
            "`batch_size` must be at least 1 and `start` at least 0. "
            f"Received: batch_size={batch_size}, start={start}"
        )
    if local_replicas < 1 or replicas < 1 or replicas % local_replicas:
        raise ValueError(
            "`replicas` must be a multiple of `local_replicas`, both at least 1. "
            f"Received: replicas={replicas}, local_replicas={local_replicas}"
        )
    if not 0 <= pipeline < replicas // local_replicas:
        raise ValueError(f"`pipeline` must be in [0, {replicas // local_replicas}). Received: {pipeline}")
    if images < batch_size * replicas:
        raise ValueError(
            f"The data set has {images} images, fewer than one global batch of "
            f"{batch_size} x {replicas} = {batch_size * replicas}. Use a smaller batch."
        )
