"""The adversarial training loop. The only one in the package."""

import keras
import tensorflow as tf

from keras_gans.random import Draws
from keras_gans.serialization import register
from keras_gans.training import optimizers
from keras_gans.training.distribution import all_replicas, reduce_terms, resolve_jit
from keras_gans.training.trainer import Trainer, as_logs

PLAYERS = ("discriminator", "generator")


@register
class AdversarialTrainer(Trainer):
    """Trains two players against each other with `fit`.

    A step takes `discriminator_steps` disjoint parts of the batch; on each the discriminator's losses are
    evaluated under a tape, reduced to one number (the sum of their means, and of the regularizers that
    weights of the networks have) and applied. Then the generator's, on the last part. Then the averages and
    the counters.

    A task derives from this class and says which networks each player owns (`players`), which of them the
    current step trains (`active_players`, where this is not all of them), and what they lose
    (`discriminator_losses`, `generator_losses`).

    An update whose loss or gradient is not finite on any replica is skipped and counted; several in a row
    are an error raised by `keras_gans.training.callbacks.StopOnNonFinite`. Averages are not moved by a
    skipped step.

    Args:
        adversarial_loss: `keras_gans.losses.AdversarialLoss`.
        discriminator_terms: sequence of `keras_gans.losses.Term`, added to the discriminator's loss.
        generator_terms: sequence of `keras_gans.losses.Term`, added to the generator's loss.
        discriminator_steps: int. Updates of the discriminator for one of the generator. The batch must be
            divisible by it.
        **kwargs: of `Trainer`: `average`, `seed`.

    Input of `fit`:
        dicts with `"images"`, float32 `(batch, height, width, channels)` in `[-1, 1]`, and `"labels"`,
        int32 `(batch,)`, where the networks are conditional. The batch has a static size.
    """

    optimizer_names = ("discriminator_optimizer", "generator_optimizer")

    def __init__(
        self,
        *,
        adversarial_loss,
        discriminator_terms=(),
        generator_terms=(),
        discriminator_steps=1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.adversarial_loss = adversarial_loss
        self.terms = {"discriminator": tuple(discriminator_terms), "generator": tuple(generator_terms)}
        self.discriminator_steps = discriminator_steps
        self.trackers = {
            f"{player}/{name}": keras.metrics.Mean(name=f"{player}/{name}")
            for player in PLAYERS
            for name in ("loss", *self.loss_names(player))
        }

    # === What a task says ===

    def active_players(self):
        """Like `players`, but the networks that the step trains; they share the owned ones' weights."""
        return self.players()

    def loss_names(self, player):
        """Names of what that player's losses return."""
        return ("adversarial", *(term.name for term in self.terms[player]))

    def discriminator_losses(self, batch, draws):
        """Returns this player's losses on a part of the batch.

        Args:
            batch: dict of tensors, as in `fit`.
            draws: `keras_gans.random.Draws` of the step.

        Returns:
            dict of str to float32 `(batch,)`, with the keys of `loss_names`.
        """
        raise NotImplementedError

    def generator_losses(self, batch, draws):
        """Returns this player's losses on a part of the batch.

        Args:
            batch: dict of tensors, as in `fit`.
            draws: `keras_gans.random.Draws` of the step.

        Returns:
            dict of str to float32 `(batch,)`, with the keys of `loss_names`.
        """
        raise NotImplementedError

    # === The loop ===

    def compile(self, *, discriminator_optimizer, generator_optimizer, jit_compile=False, **kwargs):
        """Sets the optimizers and resets the traced step.

        Args:
            discriminator_optimizer: `keras.optimizers.Optimizer`. Its state is kept where it has been built.
            generator_optimizer: likewise.
            jit_compile: bool or "auto". Whether XLA compiles the step; "auto" means on a single GPU.
            **kwargs: `run_eagerly`.
        """
        jit_compile = resolve_jit(self.distribute_strategy, jit_compile)
        super().compile(optimizer=None, jit_compile=jit_compile, **kwargs)
        with self.distribute_strategy.scope():
            self.discriminator_optimizer = optimizers.prepare(
                discriminator_optimizer, self.players()["discriminator"]
            )
            self.generator_optimizer = optimizers.prepare(generator_optimizer, self.players()["generator"])

    def get_compile_config(self):
        """Returns the arguments of `compile`."""
        return {
            "discriminator_optimizer": keras.saving.serialize_keras_object(self.discriminator_optimizer),
            "generator_optimizer": keras.saving.serialize_keras_object(self.generator_optimizer),
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` returned."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def train_step(self, data):
        """One step on this replica's rows of the batch.

        Returns the means of all losses since the last reset.
        """
        draws = Draws(self.seed, self.step.value)
        parts = self._parts(data)
        finite = [self._update("discriminator", self.discriminator_losses, part, draws) for part in parts]
        finite.append(self._update("generator", self.generator_losses, parts[-1], draws))
        finite = tf.reduce_all(tf.stack(finite))
        self.end_step(tf.nest.flatten(data)[0].shape[0], finite)
        return as_logs({name: tracker.result() for name, tracker in self.trackers.items()})

    def _parts(self, data):
        steps = self.discriminator_steps
        if steps == 1:
            return [data]
        size = tf.nest.flatten(data)[0].shape[0]
        if size % steps:
            raise ValueError(
                f"The batch of a replica must be a multiple of the discriminator's {steps} steps. "
                f"Received: {size}"
            )
        split = [(key, tf.split(value, steps)) for key, value in data.items()]
        return [{key: parts[i] for key, parts in split} for i in range(steps)]

    def _update(self, player, losses, batch, draws):
        networks = self.active_players()[player]
        optimizer = getattr(self, f"{player}_optimizer")
        variables = [variable for network in networks for variable in network.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            terms = losses(batch, draws)
            # Keras' own: one number for a weight that has a regularizer, not one for every example.
            regularization = [v.regularizer(v) for v in variables if v.regularizer is not None]
            loss = reduce_terms([*terms.values(), *regularization])
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in variables])
        # The sum of a gradient is finite only where all of it is.
        checks = [loss, *(tf.reduce_sum(g) for g in gradients if g is not None)]
        checks = tf.stack([tf.cast(check, "float32") for check in checks])
        finite = all_replicas(tf.reduce_all(tf.math.is_finite(checks)))
        fill = optimizers.replacement(optimizer)
        gradients = [g if g is None else tf.where(finite, g, tf.cast(fill, g.dtype)) for g in gradients]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._track(player, terms, regularization, finite)
        return finite

    def _track(self, player, terms, regularization, finite):
        intervals = {term.name: term.interval for term in self.terms[player]}
        total = tf.where(finite, tf.add_n(regularization), 0.0) if regularization else 0.0
        for name, value in terms.items():
            mean = tf.where(finite, tf.reduce_mean(value), 0.0)
            total += mean
            interval = intervals.get(name, 1)
            # A lazy term counts only on the steps that evaluated it, without its factor.
            due = tf.logical_and(finite, self._due(interval))
            self.trackers[f"{player}/{name}"].update_state(
                mean / interval, sample_weight=tf.cast(due, "float32")
            )
        self.trackers[f"{player}/loss"].update_state(total, sample_weight=tf.cast(finite, "float32"))

    def evaluate_terms(self, player, view):
        """Returns `{name: (batch,)}` for that player's terms; a lazy one is 0 between its turns."""
        values = {}
        for term in self.terms[player]:
            if term.interval == 1:
                values[term.name] = term.value(view)
            else:
                # The condition stands inside the tape: updates must not be conditional under a strategy.
                batch = view.fake_logits.shape[0]
                values[term.name] = tf.cond(
                    self._due(term.interval),
                    lambda term=term: tf.cast(term.value(view) * term.interval, "float32"),
                    lambda batch=batch: tf.zeros((batch,), "float32"),
                )
        return values

    def _due(self, interval):
        return self.step.value % interval == 0

    # === State ===

    @property
    def metrics(self):
        """The means of all losses, which `fit` resets."""
        return list(self.trackers.values())

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "adversarial_loss": serialize(self.adversarial_loss),
            "discriminator_terms": [serialize(term) for term in self.terms["discriminator"]],
            "generator_terms": [serialize(term) for term in self.terms["generator"]],
            "discriminator_steps": self.discriminator_steps,
        }
