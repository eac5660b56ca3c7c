"""Generated images of the past, which discriminators are shown among new ones."""

import tensorflow as tf

from keras_gans.training.distribution import replicas_in_sync


class ImagePool:
    """Stores generated images and exchanges new ones for older ones.

    Until the pool is full, images are stored and returned as they are. From then on each image of the global
    batch stays as it is with probability 1/2; otherwise it takes the place of a stored one, which is returned
    instead. Image `i` of a batch of `n` has `size // n` places of the pool for itself, which move on by one
    with every step: so no two images want the same place, and a single image may get any.

    All replicas hold the same pool, of the images of all of them: how a batch is divided makes no difference.
    A batch with a value that is not finite is returned as it is, and nothing is stored.

    Args:
        trainer: `Trainer`, which holds the variables, `variables` here: images seen and their number.
        size: int. Images to keep.
        shape: tuple. `(height, width, channels)` of an image.
        name: str.

    Raises:
        ValueError: when it is used, if the global batch is larger than the pool.

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 4, after
        [1612.07828](https://arxiv.org/abs/1612.07828), section 2.3.
    """

    def __init__(self, trainer, *, size, shape, name):
        self.size = size
        options = {"initializer": "zeros", "trainable": False, "aggregation": "only_first_replica"}
        self.images = trainer.add_weight(
            shape=(size, *shape), dtype="float32", name=f"{name}_images", **options
        )
        self.count = trainer.add_weight(shape=(), dtype="int64", name=f"{name}_count", **options)

    @property
    def variables(self):
        """What a resumed run needs."""
        return [self.images, self.count]

    def exchange(self, images, draws, step):
        """Stores new images and returns as many, new and old ones.

        Args:
            images: float32 `(batch, height, width, channels)`, of this replica.
            draws: `keras_gans.random.Draws` of this pool in the step.
            step: int64 scalar. Number of the step.

        Returns:
            float32, the shape of `images`, without gradient.
        """
        batch = images.shape[0]
        everywhere = batch * replicas_in_sync()
        if everywhere > self.size:
            raise ValueError(
                f"The pool must hold at least one global batch, {everywhere} images. Received: {self.size}"
            )
        width = self.size // everywhere
        new = _gather(tf.stop_gradient(images))
        coins = _gather(draws.uniform("coins", (batch,)))
        windows = _gather(draws.integers("places", (batch,), width))
        count, number = tf.cast(self.count.value, "int32"), tf.range(everywhere)
        full, finite = count >= self.size, tf.reduce_all(tf.math.is_finite(new))
        start = tf.cast(step % self.size, "int32")
        places = tf.where(full, number * width + windows + start, number + count) % self.size
        swapped = full & finite & (coins < 0.5)
        stored = swapped | (finite & (number + count < self.size))
        old = tf.gather(self.images.value, places)
        self.images.assign(
            tf.tensor_scatter_nd_update(
                self.images.value, places[:, None], tf.where(_over_images(stored), new, old)
            )
        )
        added = tf.where(finite, everywhere, 0)
        self.count.assign(tf.cast(tf.minimum(count + added, self.size), "int64"))
        result = tf.where(_over_images(swapped), old, new)
        first = tf.distribute.get_replica_context().replica_id_in_sync_group * batch
        return tf.ensure_shape(result[first : first + batch], images.shape)


def _gather(values):
    """The rows of all replicas, in order."""
    if replicas_in_sync() == 1:
        return values
    return tf.distribute.get_replica_context().all_gather(values, axis=0)


def _over_images(flags):
    return flags[:, None, None, None]
