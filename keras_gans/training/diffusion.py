"""Training of a denoiser, on Keras' own training step."""

import itertools

import keras
import tensorflow as tf

from keras_gans.diffusion import DiffusionGenerator, DiffusionProcess
from keras_gans.random import Draws
from keras_gans.serialization import register
from keras_gans.training.distribution import reduce_terms
from keras_gans.training.ema import averaged_copy
from keras_gans.training.trainer import OneOptimizer, Player, as_logs

BUCKETS = 10


@register
class DiffusionTrainer(OneOptimizer):
    """Trains a network to undo the noise of a diffusion process or of a flow, with `fit`.

    Every image of a batch gets its own timestep, which the process draws, and its own noise. The loss of an
    image is the mean squared error of the network's prediction ("simple"), weighted where `min_snr_gamma`
    says so; a process with learned variance adds `variational_weight * T * L_t` ("variational"), the hybrid
    loss. The step is Keras' own `train_step`; after it the average moves and the counters advance.

    `evaluate` measures the average of the network, with the same timesteps and noise in every call: "loss",
    and "loss/1-100", ... for ten ranges of timesteps.

    Args:
        denoiser: network from `[images, timesteps]`, or `[images, timesteps, labels]`, to what the process
            predicts (`keras_gans.networks.UNet`).
        process: `keras_gans.diffusion.NoiseProcess`: `DiffusionProcess` or, for flow matching, `FlowProcess`.
        sampling_steps: int. Steps of DDIM when it generates images.
        label_dropout: float in `[0, 1)`. Share of the images whose label is withheld, for classifier-free
            guidance. A conditional network needs it: without a label it makes the images of `default(z)`.
        min_snr_gamma: float. Cuts the weight of easy timesteps; `None` means the plain squared error.
        variational_weight: float. Of the variational term with a learned variance.
        **kwargs: of `Trainer`: `average`, `seed`.

    Input of `fit` and `evaluate`:
        dicts with `"images"`, float32 `(batch, height, width, channels)` in `[-1, 1]`, and `"labels"`,
        int32 `(batch,)`, where the network is conditional. The batch has a static size.

    Raises:
        ValueError: if `label_dropout` does not fit the network, or the network's output does not fit the
        process.

    Example:
    ```python
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.CosineSchedule(timesteps=1000))
    trainer = keras_gans.training.DiffusionTrainer(
        keras_gans.networks.UNet(resolution=32),
        process,
        average=keras_gans.training.ExponentialMovingAverage(decay=0.9999, ramp_up=0.1),
    )
    trainer.compile(optimizer=keras_gans.training.GuardedAdam(2e-4, clip_norm=1.0))
    trainer.fit(batches, steps_per_epoch=1000)
    images = trainer.generate(keras.random.normal((16, trainer.latent_dim)))
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), algorithm 1 and equation 14;
        [2102.09672](https://arxiv.org/abs/2102.09672), equation 16; min-SNR weights: 2303.09556, section 3.4;
        label dropout: 2207.12598, algorithm 1; flow matching: 2210.02747, equation 23.
    """

    def __init__(
        self,
        denoiser,
        process,
        *,
        sampling_steps=50,
        label_dropout=0.0,
        min_snr_gamma=None,
        variational_weight=1e-3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0.0 <= label_dropout < 1.0 or (label_dropout > 0.0) != (denoiser.num_classes > 0):
            raise ValueError(
                "`label_dropout` must be in (0, 1) for a conditional network and 0 for another. "
                f"Received: {label_dropout}, classes: {denoiser.num_classes}"
            )
        if denoiser.output_shape[-1] != process.outputs * denoiser.channels:
            raise ValueError(
                f"The process needs a network with {process.outputs} outputs for each of the "
                f"{denoiser.channels} channels. Received: {denoiser.output_shape[-1]}, for {process!r}"
            )
        self.denoiser, self.process = denoiser, process
        self.sampling_steps = sampling_steps
        self.label_dropout = label_dropout
        self.min_snr_gamma = min_snr_gamma
        self.variational_weight = variational_weight
        self.denoiser_average = averaged_copy(denoiser)
        self.generator = self._make_generator(self.denoiser_average, process, steps=sampling_steps)
        self.evaluated_batches = keras.metrics.Sum(name="evaluated_batches", dtype="int64")
        names = ["simple"] + (["variational"] if process.outputs > 1 else [])
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        edges = [round(i * process.timesteps / BUCKETS) for i in range(BUCKETS + 1)]
        self.buckets = {
            (first + 1, last): keras.metrics.Mean(name=f"loss/{first + 1}-{last}")
            for first, last in itertools.pairwise(edges)
            if last > first
        }
        self._generate = tf.function(self.generator, reduce_retracing=True, autograph=False)

    def _make_generator(self, denoiser, process, **options):
        """What makes images with the averaged network."""
        return DiffusionGenerator(denoiser, process, **options)

    # === What a run needs ===

    @property
    def latent_dim(self):
        """Width of the latents: the numbers of an image."""
        return self.generator.latent_dim

    def players(self):
        return (Player(name="denoiser", networks={"denoiser": self.denoiser}, optimizer="optimizer"),)

    def averages(self):
        return {"denoiser": (self.denoiser, self.denoiser_average)}

    def exported_network(self, labels=None):
        """The generator made of the average."""
        return self.generator

    def generate(self, inputs):
        return self._generate(inputs)

    # === Loss ===

    def clean(self, batch, draws):
        """Returns what the process adds noise to, `(batch, height, width, channels)`.

        Args:
            batch: dict of tensors, as in `fit`.
            draws: `keras_gans.random.Draws` of the step.
        """
        return batch["images"]

    def call(self, batch, training=False):
        """Adds noise to a batch and lets the network, or outside of training its average, say what it sees.

        Returns:
            dict: "t" int32 `(batch,)`; "clean", "noise", "noisy" and "output", `(batch, height, width,
            channels)`.
        """
        draws = (
            Draws(self.seed, self.step.value)
            if training
            else Draws(self.seed + 1, self.evaluated_batches.result())
        )
        images = self.clean(batch, draws)
        count = images.shape[0]
        t = self.process.draw_timesteps(draws, count)
        noise = draws.normal("noise", images.shape)
        noisy = self.process.add_noise(images, noise, t)
        inputs = [noisy, self.process.network_timesteps(t)]
        if self.denoiser.num_classes:
            labels = tf.cast(batch["labels"], "int32")
            if training:
                labels = tf.where(draws.uniform("withheld_labels", (count,)) < self.label_dropout, -1, labels)
            inputs.append(labels)
        network = self.denoiser if training else self.denoiser_average
        output = network(inputs, training=training)
        return {"t": t, "clean": images, "noise": noise, "noisy": noisy, "output": output}

    def losses_per_image(self, images, seen):
        """Returns `{name: (batch,)}`.

        Args:
            images: float32 `(batch, height, width, channels)`.
            seen: what `call` returned.
        """
        prediction, _ = self.process.split(seen["output"])
        target = self.process.target(images, seen["noise"], seen["t"])
        losses = {"simple": tf.reduce_mean(tf.square(prediction - target), axis=[1, 2, 3])}
        if self.min_snr_gamma is not None:
            losses["simple"] *= self.process.min_snr_weight(seen["t"], gamma=self.min_snr_gamma)
        if "variational" in self.trackers:
            bound = self.process.variational_bound(
                images, seen["noisy"], seen["output"], seen["t"], stop_mean_gradient=True
            )
            losses["variational"] = self.variational_weight * self.process.timesteps * bound
        return losses

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Returns the sum of the means of all losses, divided by the number of replicas."""
        losses = self.losses_per_image(y_pred["clean"], y_pred)
        for name, value in losses.items():
            self.trackers[name].update_state(value)
        if not training:
            total = tf.add_n(list(losses.values()))
            for (first, last), tracker in self.buckets.items():
                inside = tf.logical_and(y_pred["t"] >= first, y_pred["t"] <= last)
                tracker.update_state(total, sample_weight=tf.cast(inside, "float32"))
            self.evaluated_batches.update_state(1)
        return reduce_terms(list(losses.values()))

    def test_step(self, data):
        """Keras' own step. Returns the means of all batches so far."""
        super().test_step(data)
        shown = (self._loss_tracker, *self.trackers.values(), *self.buckets.values())
        return as_logs({metric.name: metric.result() for metric in shown})

    @property
    def metrics(self):
        """The means of all losses, which `fit` and `evaluate` reset."""
        loss = [] if self._loss_tracker is None else [self._loss_tracker]
        return [*loss, *self.trackers.values(), *self.buckets.values(), self.evaluated_batches]

    # === Likelihood ===

    def bits_per_dimension(self, images, *, labels=None, seed=0, progress=None):
        """Returns the variational bound on the negative log likelihood of images under the average network.

        The bound is the sum of T terms, each with its own noise, and of the prior's. It takes T calls of the
        network.

        Args:
            images: float32 `(batch, height, width, channels)`, 256 levels in `[-1, 1]`.
            labels: int32 `(batch,)`, -1 for none; `None` means none.
            seed: int. Of the noise.
            progress: callable `(done, total)`, called after each term.

        Returns:
            float32 array `(batch,)`, bits per dimension.

        Raises:
            ValueError: the process is no `DiffusionProcess`: a flow has no such bound.

        Reference:
            [2006.11239](https://arxiv.org/abs/2006.11239), equation 5;
            [2102.09672](https://arxiv.org/abs/2102.09672), section 3.
        """
        if not isinstance(self.process, DiffusionProcess):
            raise ValueError(f"The bound is that of a `DiffusionProcess`. Received: {self.process!r}")
        images = tf.convert_to_tensor(images)
        count = images.shape[0]
        labels = tf.fill((count,), -1) if labels is None else tf.convert_to_tensor(labels)

        @tf.function(reduce_retracing=True, autograph=False)
        def term(t):
            noise = Draws(seed, t).normal("noise", images.shape)
            t = tf.fill((count,), t)
            noisy = self.process.add_noise(images, noise, t)
            inputs = [noisy, self.process.network_timesteps(t)]
            inputs += [labels] if self.denoiser.num_classes else []
            output = self.denoiser_average(inputs, training=False)
            return self.process.variational_bound(images, noisy, output, t)

        total = self.process.prior_bits(images)
        for t in range(1, self.process.timesteps + 1):
            total += term(tf.constant(t))
            if progress is not None:
                progress(t, self.process.timesteps)
        return total.numpy()
