"""What every trainer counts, averages and hands to a run."""

import keras
import tensorflow as tf

from keras_gans.training import optimizers
from keras_gans.training.distribution import replicas_in_sync

MAX_SKIPS_IN_A_ROW = 10


class NonFiniteError(RuntimeError):
    """Losses or gradients stayed NaN or infinite.

    The message names the losses, the step and the last good checkpoint.
    """


class Trainer(keras.Model):
    """Base of the trainers: counters, averages of networks, and the state of a run.

    A run needs nothing else of a trainer than what stands here: which networks it trains (`players`) and
    averages (`averaged_networks`), which optimizers `compile` was given (`optimizer_names`), and how it
    makes images (`generate`, `latent_dim`, `exported_network`).

    Args:
        average: `ExponentialMovingAverage` of the networks that `averaged_networks` lists.
        seed: int. Seed of every random number of the training steps.

    Attributes:
        step: int64 variable. Steps done, the skipped ones included.
        images_seen: int64 variable. Images of all replicas in these steps.
        skipped_steps: int64 variable. Steps whose loss or gradient was not finite.
        skips_in_a_row: int64 variable. The last of them without a good step in between, but for those in
            which float16's loss scale was still to be halved.
    """

    optimizer_names = ("optimizer",)

    def __init__(self, *, average, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.average = average
        self.seed = seed
        self.step = self._counter("step")
        self.images_seen = self._counter("images_seen")
        self.skipped_steps = self._counter("skipped_steps")
        self.skips_in_a_row = self._counter("skips_in_a_row")
        self.built = True

    # === What a task says ===

    def players(self):
        """Returns the networks that each player owns: `{"generator": [...], ...}`."""
        raise NotImplementedError

    def averaged_networks(self):
        """Returns pairs (network, its average) that the current step moves."""
        raise NotImplementedError

    def state_averages(self):
        """Like `averaged_networks`, but the owned networks."""
        return self.averaged_networks()

    def generate(self, inputs):
        """Returns images in `[-1, 1]` of the averaged networks.

        Args:
            inputs: latents `(batch, latent_dim)`, or `[latents, labels]` where there are labels.
        """
        raise NotImplementedError

    def exported_network(self, labels=None):
        """Returns the network that a run exports, made of averages.

        Args:
            labels: int32 array. Those of the data, for what depends on how often classes occur; `None` where
                the networks have no classes.
        """
        raise NotImplementedError

    def sample_grid(self, data, directory, *, every, inputs, columns):
        """Returns the callback that writes samples while training.

        Args:
            data: what the run trains on.
            directory: path. As in `keras_gans.training.callbacks.SampleGrid`.
            every: int. Interval in images.
            inputs: callable that returns latents, or `[latents, labels]`.
            columns: int. Of the grid.
        """
        from keras_gans.training.callbacks import SampleGrid  # which imports this file

        return SampleGrid(
            directory, inputs=inputs(), resolution=data.resolution, every=every, columns=columns
        )

    def begin_phase(self, phase):
        """Told that a phase of the run begins.

        `compile` follows. A trainer whose networks change overrides it.
        """

    # === What a step ends with ===

    def end_step(self, batch_size, finite):
        """Moves the averages and counts.

        Args:
            batch_size: int. Images of this replica.
            finite: boolean scalar, equal on all replicas. Where false, the step was skipped and the averages
                stay.
        """
        batch_size *= replicas_in_sync()
        for network, average in self.averaged_networks():
            self.average.update(network, average, batch_size, finite, self.images_seen.value)
        self.step.assign_add(1)
        self.images_seen.assign_add(batch_size)
        skipped = tf.cast(tf.logical_not(finite), "int64")
        self.skipped_steps.assign_add(skipped)
        searching = optimizers.searches_scale(getattr(self, name, None) for name in self.optimizer_names)
        counted = tf.cast(tf.logical_not(searching), "int64")
        self.skips_in_a_row.assign((self.skips_in_a_row.value + counted) * skipped)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # All is built when `compile` returns. Keras would reduce a batch over the workers here, which fails
        # for dicts.
        pass

    # === State ===

    def state(self):
        """Returns `{name: [Keras variable, ...]}`: everything that a resumed run needs, in a fixed order."""
        networks = {n.name: n for group in self.players().values() for n in group}
        averages = {average.name: average for _, average in self.state_averages()}
        counters = [self.step, self.images_seen, self.skipped_steps, self.skips_in_a_row]
        return {
            **{name: network.variables for name, network in {**networks, **averages}.items()},
            **{name: getattr(self, name).variables for name in self.optimizer_names},
            "counters": counters,
        }

    def get_config(self):
        return {
            "average": keras.saving.serialize_keras_object(self.average),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))

    def _counter(self, name):
        return self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )


def as_logs(results):
    """Gives results the shape `(1,)`: Keras cannot reduce scalar logs over several workers."""
    return {name: tf.reshape(value, (1,)) for name, value in results.items()}
