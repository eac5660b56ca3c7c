"""Progressive growing: a plan counted in images, and the trainer whose networks grow."""

import tensorflow as tf

from keras_gans.resolution import level_of, plain, text
from keras_gans.serialization import register
from keras_gans.training.latent_gan import LatentGAN
from keras_gans.training.plan import Phase, Plan


@register
class GrowthPlan(Plan):
    """From 4 px to the target: at every resolution a fade and a stable phase, the first without fade.

    Args:
        resolutions: sequence of int, or of (height, width), ascending, each twice the one before.
        fade_images: int. Images shown while a resolution fades in.
        stable_images: int. Images shown at every resolution afterwards.
        final_images: int. Images shown at the last resolution after its fade. `None` means `stable_images`.
        batch_sizes: dict of int to int. Global batch size by resolution, or by its level.
        learning_rates: dict of int to float. Learning rate of both players by resolution.
        scale: float. Stretches or shortens all phases, to train for another number of images.
        extra_images: int. Images added to the last phase as they are, to go on with a run that is over.

    Example:
    ```python
    plan = GrowthPlan(
        resolutions=[4, 8],
        fade_images=800_000,
        stable_images=800_000,
        batch_sizes={4: 16, 8: 16},
        learning_rates={4: 1e-3, 8: 1e-3},
    )
    plan.total_images  # 2,400,000
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), appendix A.1.
    """

    def __init__(
        self,
        *,
        resolutions,
        fade_images,
        stable_images,
        batch_sizes,
        learning_rates,
        final_images=None,
        scale=1.0,
        extra_images=0,
    ):
        self.keep(
            resolutions=[plain(resolution) for resolution in resolutions],
            # JSON has no integers as keys
            batch_sizes={int(key): value for key, value in batch_sizes.items()},
            learning_rates={int(key): value for key, value in learning_rates.items()},
        )
        for name in ("batch_sizes", "learning_rates"):
            missing = sorted(set(map(level_of, self.resolutions)) - set(getattr(self, name)))
            if missing:
                raise ValueError(f"`{name}` has no entry for the resolutions {missing}")

    @property
    def phases(self):
        """All `Phase`s in order. Every phase is a whole number of steps."""
        phases, start = [], 0
        for resolution in self.resolutions:
            level = level_of(resolution)
            batch = self.batch_sizes[level]
            first, last = resolution == self.resolutions[0], resolution == self.resolutions[-1]
            stable = self.stable_images
            if last and self.final_images is not None:
                stable = self.final_images
            extra = round(self.extra_images / batch) * batch if last else 0
            phases.append(
                Phase(
                    resolution=resolution,
                    start=start,
                    fade_images=0 if first else self.whole_steps(self.fade_images, batch),
                    stable_images=self.whole_steps(stable, batch) + extra,
                    batch_size=batch,
                    learning_rate=self.learning_rates[level],
                )
            )
            start = phases[-1].end
        return phases

    def describe(self, images_seen):
        """What the run does at an image: "16px fade"."""
        phase = self.phase_at(images_seen - 1)
        fading = images_seen <= phase.start + phase.fade_images
        return f"{text(phase.resolution)}px {'fade' if fading else 'stabilise'}"


@register
class ProgressiveGAN(LatentGAN):
    """A `LatentGAN` whose networks grow.

    The networks have `resolutions`, `alpha` and `at(resolution)`; a step trains the view of the current
    phase. While a resolution fades in, the real images are blended in the same way.

    Args:
        generator: as in `LatentGAN`, growing.
        discriminator: as in `LatentGAN`, growing.
        **kwargs: of `AdversarialTrainer`.

    Example:
    ```python
    for phase in plan.phases:
        gan.begin_phase(phase)
        gan.compile(discriminator_optimizer=..., generator_optimizer=...)
        gan.fit(batches, steps_per_epoch=(phase.end - phase.start) // phase.batch_size)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 2.
    """

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.phase = None
        self._views = _Views()
        self._views.set(generator.resolution, generator, discriminator, self.generator_average)

    def begin_phase(self, phase):
        """Sets the phase. The next `compile` makes it take effect.

        Args:
            phase: `Phase`.
        """
        self.phase = phase
        self._views.set(phase.resolution, self.generator, self.discriminator, self.generator_average)

    def active_networks(self):
        return {
            "discriminator": {"discriminator": self._views.discriminator},
            "generator": {"generator": self._views.generator},
        }

    def active_averages(self):
        return {"generator": (self._views.generator, self._views.average)}

    def train_step(self, data):
        if self.phase is None:
            raise RuntimeError("Call `begin_phase(phase)`, then `compile`, before `fit`.")
        alpha = self.phase.alpha(self.images_seen.value)
        for network in (self.generator, self.discriminator, self.generator_average):
            network.alpha.assign(alpha)
        return super().train_step(data)

    def real_images(self, images):
        if not self.phase.fade_images:
            return images
        halved = tf.nn.avg_pool2d(images, 2, 2, "VALID")
        blurred = tf.repeat(tf.repeat(halved, 2, axis=1), 2, axis=2)
        return blurred + self.generator.alpha.value * (images - blurred)


class _Views:
    """Holds the current views outside of Keras' tracking: they own no weights."""

    def set(self, resolution, generator, discriminator, average):
        self.generator = generator.at(resolution)
        self.discriminator = discriminator.at(resolution)
        self.average = average.at(resolution)
