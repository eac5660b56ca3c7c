"""What every trainer counts, averages and hands to a run."""

import dataclasses

import keras
import tensorflow as tf

from keras_gans.serialization import KeepsArguments
from keras_gans.training import optimizers
from keras_gans.training.callbacks import SampleGrid
from keras_gans.training.distribution import replicas_in_sync, resolve_jit


@dataclasses.dataclass(frozen=True, kw_only=True)
class Player:
    """Networks that one optimizer trains.

    Attributes:
        name: str. Its name in the logs.
        networks: dict of str to network. What it owns, each network by its role, such as "generator". A role
            is unique in the trainer: checkpoints know networks by it, whatever Keras calls them.
        optimizer: str. Name of the trainer's attribute that holds the optimizer, and of `compile`'s argument.
    """

    name: str
    networks: dict
    optimizer: str


class Trainer(KeepsArguments, keras.Model):
    """Base of the trainers: counters, averages of networks, and the state of a run.

    A run needs nothing else of a trainer than what stands here: which networks it trains (`players`) and
    averages (`averages`), and how it makes images (`generate`, `latent_dim`, `exported_network`).

    Args:
        average: `ExponentialMovingAverage` of the networks that `averages` lists.
        seed: int. Seed of every random number of the training steps.

    Attributes:
        latent_dim: int. Width of the latents; `None` where the networks take images.
        encoder: callable, float32 images `(batch, height, width, channels)` in `[-1, 1]` -> float32 `(batch,
            ...)`, through which all images go once, before the first step; `None` where there is none.
        step: int64 variable. Steps done, the skipped ones included.
        images_seen: int64 variable. Images of all replicas in these steps.
        skipped_steps: int64 variable. Steps whose loss or gradient was not finite.
        skips_in_a_row: int64 variable. Steps skipped since the last one that was not. Steps in which float16
            still searches for its loss scale do not count.
    """

    latent_dim = None
    encoder = None

    def __init__(self, *, average, seed=0, **kwargs):
        # Keras would round the batch to the precision of the networks, on its way into `call`.
        super().__init__(dtype="float32", **kwargs)
        self.average = average
        self.seed = seed
        self.step = self._counter("step")
        self.images_seen = self._counter("images_seen")
        self.skipped_steps = self._counter("skipped_steps")
        self.skips_in_a_row = self._counter("skips_in_a_row")
        self.built = True

    # === What a task says ===

    def players(self):
        """Returns a tuple of `Player`, in the order in which a step trains them."""
        raise NotImplementedError

    def averages(self):
        """Returns the averaged networks: dict, role -> (network, its average)."""
        raise NotImplementedError

    def active_averages(self):
        """Like `averages`, but the networks that the current step moves; they share the others' weights."""
        return self.averages()

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

    def kept_networks(self):
        """Returns networks that an export keeps whole, for training that builds on them: dict by role."""
        return {}

    def sample_grid(self, data, directory, *, every, inputs, columns):
        """Returns the callback that writes samples while training.

        Args:
            data: what the run trains on.
            directory: path. As in `keras_gans.training.callbacks.SampleGrid`.
            every: int. Interval in images.
            inputs: callable that returns latents, or `[latents, labels]`.
            columns: int. Of the grid.
        """
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
        for network, average in self.active_averages().values():
            self.average.update(network, average, batch_size, finite, self.images_seen.value)
        self.step.assign_add(1)
        self.images_seen.assign_add(batch_size)
        skipped = tf.cast(tf.logical_not(finite), "int64")
        self.skipped_steps.assign_add(skipped)
        searching = optimizers.searches_scale(getattr(self, p.optimizer) for p in self.players())
        counted = tf.cast(tf.logical_not(searching), "int64")
        self.skips_in_a_row.assign((self.skips_in_a_row.value + counted) * skipped)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # All is built when `compile` returns. Keras would reduce a batch over the workers here, which fails
        # for dicts.
        pass

    # === State ===

    def state(self):
        """Returns everything that a resumed run needs, by role: dict of str to list of Keras variables."""
        players = self.players()
        optimizers = {player.optimizer: getattr(self, player.optimizer).variables for player in players}
        counters = [self.step, self.images_seen, self.skipped_steps, self.skips_in_a_row]
        return {**self.network_state(), **optimizers, "counters": counters}

    def network_state(self):
        """Returns the part of `state` that another run can start with: the networks and their averages.

        Raises:
            ValueError: two networks have one role, so that a checkpoint would lack one of them.
        """
        owned = [item for player in self.players() for item in player.networks.items()]
        roles = [role for role, _ in owned]
        if len(set(roles)) < len(roles):
            raise ValueError(f"Every network of a trainer needs a role of its own. Received: {roles}")
        averages = {f"{role}_average": average for role, (_, average) in self.averages().items()}
        return {role: network.variables for role, network in {**dict(owned), **averages}.items()}

    def get_config(self):
        return {**super().get_config(), "name": self.name}

    def _counter(self, name):
        return self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )


class OneOptimizer(Trainer):
    """Base of the trainers whose only optimizer Keras' own training step applies.

    A subclass has `call` and `compute_loss`, one player whose optimizer is "optimizer", and means of its
    losses in `trackers`: dict, name -> `keras.metrics.Mean`. Arguments are those of `Trainer`.

    Input of `fit`:
        dicts of tensors with the batch first.
    """

    def compile(self, *, optimizer, jit_compile=False, **kwargs):
        """Sets the optimizer and resets the traced step.

        Args:
            optimizer: `GuardedAdam`: others neither clip nor skip over all replicas. Its state is kept where
                it has been built.
            jit_compile: bool or "auto". Whether XLA compiles the step; "auto" means on a single GPU.
            **kwargs: `run_eagerly`.
        """
        if not isinstance(optimizers.innermost(optimizer), optimizers.GuardedAdam):
            raise ValueError(f"`optimizer` must be a `GuardedAdam`. Received: {type(optimizer).__name__}")
        jit_compile = resolve_jit(self.distribute_strategy, jit_compile)
        with self.distribute_strategy.scope():
            optimizer = optimizers.prepare(optimizer, self._trained())
        super().compile(optimizer=optimizer, jit_compile=jit_compile, **kwargs)

    def get_compile_config(self):
        """Returns the arguments of `compile`."""
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` returned."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def trainable_weights(self):
        """Returns the weights of the player's networks. Averages are not trained."""
        return [weight for network in self._trained() for weight in network.trainable_weights]

    def train_step(self, data):
        """Keras' own step, then the averages and the counters."""
        before = tf.identity(self.optimizer.iterations.value)
        super().train_step(data)
        finite = self.optimizer.iterations.value > before
        self.end_step(next(iter(data.values())).shape[0], finite)
        return as_logs({m.name: m.result() for m in (self._loss_tracker, *self.trackers.values())})

    def _trained(self):
        return [network for player in self.players() for network in player.networks.values()]


def as_logs(results):
    """Gives results the shape `(1,)`: Keras cannot reduce scalar logs over several workers."""
    return {name: tf.reshape(value, (1,)) for name, value in results.items()}
