"""From noise to images: a denoiser and its process as one network, ready to be exported."""

import math

import keras
from keras import ops

from keras_gans.diffusion.edit_endpoints import edit_endpoints
from keras_gans.diffusion.guidance import classifier_free
from keras_gans.diffusion.samplers import DDIMSampler, trailing
from keras_gans.endpoints import Argument
from keras_gans.images import from_unit, to_unit
from keras_gans.once import Once
from keras_gans.random import counter_normal
from keras_gans.resolution import pair
from keras_gans.serialization import register

MOST_STEPS = 4000
STRONGEST_GUIDANCE = 100.0


@register
class DiffusionGenerator(keras.Model):
    """Turns latents into images by DDIM, as a GAN's generator does in one step.

    A latent is the starting noise `x_T`, flattened row by row. The loop over the steps is part of the graph.

    Args:
        denoiser: network from `[images, timesteps]`, or `[images, timesteps, labels]`, to what the process
            predicts (`keras_gans.networks.UNet`).
        process: `DiffusionProcess` or `FlowProcess`, of which DDIM is Euler's method.
        steps: int in [1, T]. Steps of `call`, and of the exports' `default` and `guided`.
        spacing: which timesteps these are, as `Sampler` takes it. `trailing` starts at T, where there is
            nothing but noise, as in the latents.

    Input shape:
        Latents `(batch, latent_dim)`, standard normal, with `latent_dim = height * width * channels`; a
        conditional network also takes `[latents, labels]`, labels int32 `(batch,)`, -1 for none.

    Output shape:
        `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Example:
    ```python
    unet = keras_gans.networks.UNet(resolution=16, width=32, channel_multipliers=(1, 2))
    process = keras_gans.diffusion.DiffusionProcess(keras_gans.diffusion.CosineSchedule(timesteps=100))
    generator = keras_gans.diffusion.DiffusionGenerator(unet, process, steps=10)
    generator(keras.random.normal((2, generator.latent_dim))).shape  # (2, 16, 16, 3)
    ```

    Reference:
        [2010.02502](https://arxiv.org/abs/2010.02502), section 4.
    """

    # Every step passes the rounding of those before through the network: 1e-6 grows in tens of steps.
    tolerance = 1e-3

    def __init__(self, denoiser, process, *, steps=50, spacing=trailing, **kwargs):
        super().__init__(**kwargs)
        most = min(process.timesteps, MOST_STEPS)
        if not 1 <= steps <= most:
            raise ValueError(f"`steps` must be in [1, {most}]. Received: {steps}")
        self.denoiser = denoiser
        self.process = process
        self.steps = steps
        self.sampler = DDIMSampler(process, spacing=spacing, steps=steps)
        self.most_steps = most
        self.state_shape = (*pair(denoiser.resolution), denoiser.channels)
        self.latent_dim = math.prod(self.state_shape)
        self.num_classes = denoiser.num_classes
        self._infer = Once(lambda inputs: denoiser(inputs, training=False), denoiser)
        self.built = True

    # === Images and what the process adds noise to ===

    @property
    def image_shape(self):
        """Height, width and channels of the images."""
        return self.state_shape

    def to_state(self, images):
        """Returns what the process adds noise to, `(batch, *state_shape)`, of images in `[-1, 1]`."""
        return images

    def to_images(self, state):
        """Returns the images in `[-1, 1]` of a state without noise."""
        return state

    # === Sampling ===

    def call(self, inputs):
        """Images by DDIM without added noise."""
        z, labels = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        return self.sample(z, labels=labels)

    def sample(self, z, *, labels=None, guidance=None, steps=None, eta=0.0, draw=None):
        """Returns images in `[-1, 1]`.

        Args:
            z: float32 `(batch, latent_dim)`. The starting noise.
            labels: int32 `(batch,)`, -1 for none; `None` means none.
            guidance: float, or float32 `(batch, 1)`. Scale of classifier-free guidance: 1 is the conditional
                network. `None` means 1, at half the cost.
            steps: int or scalar int tensor. Steps of DDIM; `None` means those of the generator.
            eta: float, or float32 `(batch, 1)`, in `[0, 1]`. Share of the noise that a step adds: 0 is DDIM,
                1 has the variance of DDPM.
            draw: callable. Number of the step -> standard normal noise like the images; needed for `eta`
                above 0.
        """
        noise = ops.reshape(ops.cast(z, "float32"), (-1, *self.state_shape))
        if hasattr(eta, "shape"):
            eta = ops.reshape(eta, (-1,))
        steps = self.steps if steps is None else steps
        denoise = self.denoiser_of(labels, guidance)
        return self.to_images(self.sampler.sample(denoise, noise, steps=steps, eta=eta, draw=draw))

    def denoiser_of(self, labels=None, guidance=None):
        """Returns `denoise(x, t)` for the samplers: the network's output at timesteps 1..T, guided."""

        def denoise(x, t):
            inputs = [x, self.process.network_timesteps(t)]
            if not self.num_classes:
                return self._infer(inputs)
            none = -ops.ones_like(inputs[1])
            given = none if labels is None else ops.cast(labels, "int32")
            if guidance is None or labels is None:
                return self._infer([*inputs, given])
            # Both predictions in one call, twice the batch.
            doubled = [ops.concatenate([part, part]) for part in inputs]
            both = self._infer([*doubled, ops.concatenate([given, none])])
            conditional, unconditional = ops.split(both, 2, axis=0)
            with_label, variance = self.process.split(conditional)
            scale = ops.reshape(ops.cast(guidance, "float32"), (-1, 1, 1, 1))
            guided = classifier_free(with_label, self.process.split(unconditional)[0], scale)
            return guided if variance is None else ops.concatenate([guided, variance], axis=-1)

        return denoise

    def read(self, output, x, t):
        """Returns what the network's output at `x` says: clean `images` in `[0, 1]`, and `noise`."""
        images = self.to_images(self.process.estimate_x0(output, x, t))
        return {
            "images": to_unit(ops.clip(images, -1.0, 1.0)),
            "noise": self.process.epsilon_from(self.process.split(output)[0], x, t),
        }

    def endpoints(self):
        """What an export offers.

        - `default(z)`: images by DDIM in `steps` steps, of no class in particular.
        - `guided(z, labels, guidance)`: the same for a class, only for conditional networks.
        - `sample(num, seed, steps, eta[, labels, guidance])`: images 0 .. num - 1 of a seed.
        - `denoise(x, t[, labels, guidance])`: what one call of the network says, clean `images` and `noise`.
        - `diffuse(images, noise, t)`: the forward process in one shot.
        - `invert(images, steps)`: the latents that DDIM turns into these images.
        - `inpaint(images, mask, seeds, steps, jump_length, resamplings[, labels, guidance])`: what is masked
          made anew. Pixels with mask 1 are kept exactly, those with 0 are the network's, and between they are
          mixed; `mask` is float `(batch, height, width, 1)` in [0, 1]. The other arguments are those of
          `keras_gans.diffusion.inpaint`.
        - `vary(images, strength, seeds, steps[, labels, guidance])`: the images with noise to the level of
          `strength` in [0, 1], denoised again: 0 gives them back exactly, 1 keeps nothing of them.

        `seeds` are int64 `(batch,)`; equal ones in a call stand for images 0, 1, 2, ... of this seed.
        Images are in `[0, 1]`, noisy ones (`x`) are not; `t` counts 1..T, 0 is no noise; labels are in
        `[-1, num_classes)`, where -1 is none.
        """
        process, last = self.process, self.process.timesteps
        z = keras.InputSpec(shape=(None, self.latent_dim), dtype="float32")
        noisy = keras.InputSpec(shape=(None, *self.state_shape), dtype="float32")
        images = Argument((None, *self.image_shape), minimum=0.0, maximum=1.0)
        steps = Argument((), "int64", minimum=1, maximum=self.most_steps)
        key = keras.InputSpec(shape=(None, 2), dtype="int64")
        condition = {}
        if self.num_classes:
            condition = {"labels": Argument((None,), "int32", minimum=-1, maximum=self.num_classes - 1)}
        strength = {"guidance": Argument((), minimum=0.0, maximum=STRONGEST_GUIDANCE)} if condition else {}

        # The loop once, for weights and for constants.
        default = Once(lambda z: to_unit(self.sample(z)), self)

        def guided(z, labels, guidance):
            return to_unit(self.sample(z, labels=labels, guidance=guidance))

        def sample(z, key, steps, eta, **condition):
            def draw(step):
                return counter_normal(key[:, 0], key[:, 1], self.state_shape, stream=step + 1)

            return to_unit(self.sample(z, steps=steps, eta=eta, draw=draw, **condition))

        def denoise(x, t, **condition):
            return self.read(self.denoiser_of(**condition)(x, t), x, t)

        def diffuse(images, noise, t):
            return process.add_noise(self.to_state(from_unit(images)), noise, t)

        def invert(images, steps):
            noise = self.sampler.invert(self.denoiser_of(), self.to_state(from_unit(images)), steps=steps)
            return ops.reshape(noise, (-1, self.latent_dim))

        eta = Argument((), minimum=0.0, maximum=1.0)
        offered = {
            "default": (lambda z: default(z), {"z": z}),
            "sample": (sample, {"z": z, "key": key, "steps": steps, "eta": eta, **condition, **strength}),
            "denoise": (
                denoise,
                {
                    "x": noisy,
                    "t": Argument((None,), "int32", minimum=1, maximum=last),
                    **condition,
                    **strength,
                },
            ),
            "diffuse": (
                diffuse,
                {
                    "images": images,
                    "noise": noisy,
                    "t": Argument((None,), "int32", minimum=0, maximum=last),
                },
            ),
            "invert": (invert, {"images": images, "steps": steps}),
        }
        offered |= edit_endpoints(self, images, steps, {**condition, **strength})
        if condition:
            offered["guided"] = (guided, {"z": z, **condition, **strength})
        return offered

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "denoiser": serialize(self.denoiser),
            "process": serialize(self.process),
            "steps": self.steps,
            "spacing": serialize(self.sampler.spacing),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))
