"""The adversarial training loop. The only one in the package."""

import dataclasses

import keras
import tensorflow as tf

from keras_gans.random import Draws
from keras_gans.serialization import register
from keras_gans.training import optimizers
from keras_gans.training.distribution import all_replicas, reduce_terms, resolve_jit
from keras_gans.training.ema import averaged_copy
from keras_gans.training.trainer import Player, Trainer, as_logs

ADVERSARIAL = "adversarial"


@register
class AdversarialTrainer(Trainer):
    """Trains two players against each other with `fit`.

    A step takes `discriminator_steps` disjoint parts of the batch; on each the discriminator's losses are
    evaluated under a tape, reduced to one number (the sum of their means, and of the regularizers that
    weights of the networks have) and applied. Then the generator's losses are treated likewise, on the last
    part. Then the averages move and the counters advance.

    A task derives from this class and says which networks the discriminator and the generator own
    (`networks`), which of them the current step trains (`active_networks`, where this is not all of them),
    and what they lose (`discriminator_losses`, `generator_losses`). Weights and intervals of terms are
    applied here and nowhere else; the logs show the terms themselves.

    An update whose loss or gradient is not finite on any replica is skipped and counted; several in a row
    are an error raised by `keras_gans.training.callbacks.StopOnNonFinite`. Averages are not moved by a
    skipped step.

    Args:
        adversarial_loss: `keras_gans.losses.AdversarialLoss`.
        discriminator_terms: sequence of `keras_gans.losses.Term`, added to the discriminator's loss. Each has
            a name of its own, other than "loss" and "adversarial".
        generator_terms: sequence of `keras_gans.losses.Term`, added to the generator's loss, likewise.
        discriminator_steps: int. Updates of the discriminator for one of the generator. The batch must be
            divisible by it.
        **kwargs: of `Trainer`: `average`, `seed`.

    Input of `fit`:
        dicts with `"images"`, float32 `(batch, height, width, channels)` in `[-1, 1]`, and `"labels"`,
        int32 `(batch,)`, where the networks are conditional. The batch has a static size.

    Raises:
        ValueError: terms of one player share a name.
    """

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
        self.trackers = {}
        for player, terms in self.terms.items():
            names = ["loss", ADVERSARIAL, *(term.name for term in terms)]
            if len(set(names)) < len(names):
                raise ValueError(
                    f"The terms of the {player} need names of their own, other than 'loss' and "
                    f"'{ADVERSARIAL}'; give one of them another `name`. Received: {names[2:]}"
                )
            keys = [f"{player}/{name}" for name in names]
            self.trackers.update({key: keras.metrics.Mean(name=key) for key in keys})

    # === What a task says ===

    def networks(self):
        """Returns what each player owns: "discriminator" and "generator" -> dict, role -> network."""
        raise NotImplementedError

    def active_networks(self):
        """Like `networks`, but those that the step trains; they share the owned ones' weights."""
        return self.networks()

    def discriminator_losses(self, batch, draws):
        """Returns this player's losses on a part of the batch.

        Args:
            batch: dict of tensors, as in `fit`.
            draws: `keras_gans.random.Draws` of this player's part of the step.

        Returns:
            dict of str to float32 `(batch,)`: "adversarial", and what `evaluate_terms` returns.
        """
        raise NotImplementedError

    def generator_losses(self, batch, draws):
        """As `discriminator_losses`, of the generator."""
        raise NotImplementedError

    # === The loop ===

    def players(self):
        return tuple(
            Player(name=name, networks=networks, optimizer=f"{name}_optimizer")
            for name, networks in self.networks().items()
        )

    def compile(self, *, discriminator_optimizer, generator_optimizer, jit_compile=False, **kwargs):
        """Sets the optimizers and resets the traced step.

        Args:
            discriminator_optimizer: `keras.optimizers.Optimizer`. One that is built already keeps its state.
            generator_optimizer: likewise.
            jit_compile: bool or "auto". Whether XLA compiles the step; "auto" means on a single GPU.
            **kwargs: `run_eagerly`.
        """
        jit_compile = resolve_jit(self.distribute_strategy, jit_compile)
        super().compile(optimizer=None, jit_compile=jit_compile, **kwargs)
        networks = {name: list(owned.values()) for name, owned in self.networks().items()}
        with self.distribute_strategy.scope():
            self.discriminator_optimizer = optimizers.prepare(
                discriminator_optimizer, networks["discriminator"]
            )
            self.generator_optimizer = optimizers.prepare(generator_optimizer, networks["generator"])

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
        networks = self.active_networks()[player].values()
        optimizer = getattr(self, f"{player}_optimizer")
        variables = [variable for network in networks for variable in network.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            values = losses(batch, draws.scoped(player))
            factors = self._factors(player)
            weighted = [factors[name] * value for name, value in values.items()]
            # Keras' own: one number for a weight that has a regularizer, not one for every example.
            regularization = [v.regularizer(v) for v in variables if v.regularizer is not None]
            loss = reduce_terms([*weighted, *regularization])
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in variables])
        # The sum of a gradient is finite only where all of it is.
        checks = [loss, *(tf.reduce_sum(g) for g in gradients if g is not None)]
        checks = tf.stack([tf.cast(check, "float32") for check in checks])
        finite = all_replicas(tf.reduce_all(tf.math.is_finite(checks)))
        fill = optimizers.replacement(optimizer)
        gradients = [g if g is None else tf.where(finite, g, tf.cast(fill, g.dtype)) for g in gradients]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._track(player, values, weighted, regularization, finite)
        return finite

    def _factors(self, player):
        """What stands in front of each loss of a player: 1 for the adversarial one."""
        seen = self.images_seen.value
        return {ADVERSARIAL: 1.0, **{t.name: t.weight_at(seen) * t.interval for t in self.terms[player]}}

    def _track(self, player, values, weighted, regularization, finite):
        intervals = {term.name: term.interval for term in self.terms[player]}
        for name, value in values.items():
            # A lazy term counts only on the steps that evaluated it.
            due = tf.logical_and(finite, self._due(intervals.get(name, 1)))
            self.trackers[f"{player}/{name}"].update_state(
                tf.where(finite, tf.reduce_mean(value), 0.0), sample_weight=tf.cast(due, "float32")
            )
        total = tf.add_n([*map(tf.reduce_mean, weighted), *regularization])
        self.trackers[f"{player}/loss"].update_state(
            tf.where(finite, total, 0.0), sample_weight=tf.cast(finite, "float32")
        )

    def evaluate_terms(self, player, view):
        """Returns that player's terms, without weight and interval: dict, name -> float32 `(batch,)`.

        A lazy term is 0 between its turns.

        Args:
            player: str. "discriminator" or "generator".
            view: what the terms may see. Each term gets draws of its own, by its name.
        """
        values = {}
        for term in self.terms[player]:
            seen = dataclasses.replace(view, draws=view.draws.scoped(term.name))
            if term.interval == 1:
                values[term.name] = term.value(seen)
            else:
                # The condition stands inside the tape: updates must not be conditional under a strategy.
                values[term.name] = tf.cond(
                    self._due(term.interval),
                    lambda term=term, seen=seen: tf.cast(term.value(seen), "float32"),
                    lambda batch=view.fake_logits.shape[0]: tf.zeros((batch,), "float32"),
                )
        return values

    def generator_loss(self, fake_logits, real_logits):
        """Returns the adversarial loss of the generator, float32 `(batch,)`.

        Args:
            fake_logits: of generated images.
            real_logits: callable without arguments, which returns those of real images. It is called only
                where the loss depends on them.
        """
        needed = self.adversarial_loss.needs_real_logits
        return self.adversarial_loss.generator(fake_logits, real_logits() if needed else None)

    def _due(self, interval):
        return self.step.value % interval == 0

    # === State ===

    @property
    def metrics(self):
        """The means of all losses, which `fit` resets."""
        return list(self.trackers.values())


class OneGenerator:
    """What trainers of one generator and one discriminator have in common.

    A mixin before an `AdversarialTrainer`.

    Args:
        generator: network. Its average is made here.
        discriminator: network.
        **kwargs: of `AdversarialTrainer`.
    """

    role = "generator"  # of the generator in checkpoints and presets

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.generator_average = averaged_copy(generator)

    def networks(self):
        return {
            "discriminator": {"discriminator": self.discriminator},
            "generator": {self.role: self.generator},
        }

    def averages(self):
        return {self.role: (self.generator, self.generator_average)}
