"""Presets made small: networks of a few channels at 8 pixels, for steps of a fraction of a second."""

import keras
import numpy as np

import small
from keras_gans import presets

_DCGAN = {"generator": {"width": 4, "latent_dim": 6}, "discriminator": {"width": 4}}
_GAN = {"generator": {"width": 8, "label_width": 4}, "discriminator": {"width": 4, "label_width": 2}}
_STYLES = {"latent_dim": 8, "style_dim": 8, "mapping_layers": 2, "channel_base": 64, "channel_max": 8}
_CYCLE = {"num_blocks": 1, "width": 2}
_PATCHES = {"num_layers": 0, "width": 2}
_STARGAN_V2 = {"width": 2, "max_width": 2}
_DENOISER = {
    "width": 4,
    "num_groups": 4,
    "channel_multipliers": [1, 1],
    "blocks_per_level": 1,
    "attention_resolutions": [],
}
_AUTOENCODER = {
    "width": 2,
    "num_groups": 2,
    "channel_multipliers": [1, 1],
    "blocks_per_level": 1,
    "latent_channels": 2,
}
NETWORKS = {
    "gan": _GAN,
    "cgan": _GAN,
    "dcgan": _DCGAN,
    "lsgan": _DCGAN,
    "wgan": _DCGAN,
    "pix2pix": {"generator": {"num_downs": 2, "width": 2}, "discriminator": _PATCHES},
    "cyclegan": {
        "forward_generator": _CYCLE,
        "backward_generator": _CYCLE,
        "target_discriminator": _PATCHES,
        "source_discriminator": _PATCHES,
    },
    "wgan_gp": {
        "generator": {"channel_base": 64, "channel_max": 4, "latent_dim": 6},
        "discriminator": {"channel_base": 64, "channel_max": 4},
    },
    "progan": {
        "generator": {"latent_dim": 6, "channel_base": 32, "channel_max": 8},
        "discriminator": {"channel_base": 32, "channel_max": 8},
    },
    "stargan": {
        "generator": {"num_blocks": 1, "width": 2},
        "discriminator": {"num_layers": 2, "width": 2},
    },
    "sngan": _DCGAN,
    "sagan": {
        "generator": {"width": 8, "latent_dim": 6, "attention_resolution": 8},
        "discriminator": {"width": 8, "attention_resolution": 4},
    },
    "biggan": {
        "generator": {
            "latent_dim": 4,
            "width": 2,
            "shared_dim": 3,
            "attention_resolutions": [8],
            "statistics_rows": 3,
        },
        "discriminator": {"width": 2},
    },
    "stylegan": {
        "generator": {**_STYLES, "mapping_width": 8},
        "discriminator": {"channel_base": 64, "channel_max": 8},
    },
    "stylegan2": {
        "generator": _STYLES,
        "discriminator": {"channel_base": 64, "channel_max": 8, "mapping_layers": 1},
    },
    "stargan_v2": {
        "generator": _STARGAN_V2,
        "discriminator": _STARGAN_V2,
        "mapping_network": {"width": 8},
        "style_encoder": _STARGAN_V2,
    },
    "ddpm": {"denoiser": _DENOISER},
    "autoencoder": {"autoencoder": _AUTOENCODER, "discriminator": _PATCHES},
    "latent_diffusion": {"denoiser": _DENOISER, "autoencoder": _AUTOENCODER},
}


def tiny(name, *, batch_size=4, resolution=None, networks=None, **changes):
    """A preset at another resolution, with small networks and batches.

    Args:
        name: str. Of a preset, or of a model, whose first preset is taken.
        batch_size: int. Images of one update.
        resolution: int. `None` means the smallest that the networks have.
        networks: dict of str to dict. Arguments of networks by role; `None` means those of `NETWORKS`.
        **changes: of `Preset.replace`.
    """
    preset = presets.get(presets.names(name)[0] if name in presets.models() else name)
    for role, arguments in (networks or NETWORKS[preset.model]).items():
        preset = preset.replace_network(role, **arguments)
    smallest = {"wgan_gp": 16, "stylegan": 16, "stargan_v2": 32}.get(preset.model, 8)
    if preset.first_stage is not None:
        changes = {"first_stage": tiny(preset.first_stage.name, batch_size=batch_size), **changes}
    if preset.model == "autoencoder":
        changes = {"perceptual": "pixels", "adversarial_weight": 0.5, **changes}
    rate = preset.learning_rates[max(preset.learning_rates)]
    steps = changes.get("discriminator_steps", preset.discriminator_steps)
    return preset.replace(
        **{
            "resolution": resolution or smallest,
            "precision": "float32",
            "batch_sizes": {4: batch_size * steps},
            "learning_rates": {4: rate},
            **changes,
        }
    )


def batches(preset, steps=1, *, num_classes=0):
    """Random batches as the preset's trainer takes them in its first phase."""
    phase = preset.build_plan().phases[0]
    shape = {"batch_size": phase.batch_size, "resolution": phase.resolution}
    if preset.first_stage is not None:  # moments of latents of half the size
        return small.data(
            steps, batch_size=phase.batch_size, resolution=4, channels=4, num_classes=num_classes
        )
    if preset.data.kind in ("aligned", "unpaired"):
        return small.pairs(steps, **shape)
    if preset.data.kind == "references":
        return small.guided(steps, num_classes=num_classes, **shape)
    return small.data(steps, num_classes=num_classes, **shape)


def step(preset, *, num_classes=0, steps=1):
    """Trains for a step or more, eagerly, because that takes less time than tracing one.

    Returns the trainer and its losses as numbers.
    """
    trainer = preset.build_trainer(num_classes=num_classes)
    trainer.run_eagerly = True
    history = small.fit(trainer, batches(preset, steps, num_classes=num_classes)).history
    return trainer, {name: float(np.squeeze(values[-1])) for name, values in history.items()}


def rate_of(optimizer):
    """The number or the schedule that an optimizer was made with."""
    rate = optimizer.get_config()["learning_rate"]
    return keras.saving.deserialize_keras_object(rate) if isinstance(rate, dict) else rate
