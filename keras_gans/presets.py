"""Presets: name -> networks, training configuration and provenance.

A name is `<model>_<data>_<resolution>`; it is also the folder of its export under `savedmodels/`. The first
entry of a model is its smallest, for the embedded data. Scores marked "paper" are the paper's.
"""

import copy
import difflib

_PROGAN_PAPER = "https://arxiv.org/abs/1710.10196"


def _progan(resolution, *, batch_sizes, **network):
    resolutions = [2**n for n in range(2, resolution.bit_length())]
    return {
        "model": "progan",
        "resolution": resolution,
        "paper": _PROGAN_PAPER,
        "network": {"latent_dim": 512, "channel_base": 8192, "channel_max": 512, **network},
        "schedule": {
            "fade_images": 800_000,
            "stable_images": 800_000,
            "batch_sizes": {size: batch_sizes.get(size, 16) for size in resolutions},
            "learning_rates": dict.fromkeys(resolutions, 1e-3),
        },
        # The statistics of the whole batch, as in section 3; groups of 4 would not divide batches of 14 and
        # 6.
        "minibatch_group_size": 16,
        "flip": True,
        "precision": "float32",
    }


def _small_progan(resolution, *, fade_images, final_images, batch_sizes, **network):
    """Sized for two CPU cores and the embedded data; losses and optimizer are the paper's."""
    preset = _progan(resolution, batch_sizes=batch_sizes, **network)
    preset["schedule"] |= {
        "fade_images": fade_images,
        "stable_images": fade_images,
        "final_images": final_images,
    }
    return {
        **preset,
        "minibatch_group_size": 4,
        "data": "emoji",
        "flip": False,
        "source": "this project, for two CPU cores",
    }


_DDPM_PAPER = "https://arxiv.org/abs/2006.11239"
_IMPROVED_DDPM_PAPER = "https://arxiv.org/abs/2102.09672"


def _configured(name, **config):
    """An object of this package as Keras writes it to JSON."""
    return {
        "class_name": name,
        "config": config,
        "module": None,
        "registered_name": f"keras_gans>{name}",
    }


def _ddpm(resolution, *, schedule, batch_size, learning_rate, steps, network, **process):
    return {
        "model": "ddpm",
        "resolution": resolution,
        "paper": _DDPM_PAPER,
        "network": network,
        "process": _configured("DiffusionProcess", schedule=schedule, **process),
        "sampling_steps": 50,
        "min_snr_gamma": None,
        "average": {"decay": 0.9999, "ramp_up": 0.1},
        "schedule": {
            "images": steps * batch_size,
            "batch_sizes": {resolution: batch_size},
            "learning_rates": {resolution: learning_rate},
        },
        "warm_up_steps": 5_000,
        "flip": True,
        "precision": "float32",
    }


PRESETS = {
    "progan_emoji_32": _small_progan(
        32,
        fade_images=30_000,
        final_images=220_000,
        batch_sizes={4: 32, 8: 32},
        latent_dim=128,
        channel_base=512,
        channel_max=128,
    ),
    "progan_emoji_16": _small_progan(
        16,
        fade_images=8_000,
        final_images=48_000,
        batch_sizes={4: 32, 8: 32},
        latent_dim=64,
        channel_base=256,
        channel_max=64,
    ),
    "progan_celeba_128": {
        **_progan(128, batch_sizes={}),
        "data": "tfds:celeb_a",
        "source": "appendix A.1 of the paper; parameters 22,933,394 (G) and 22,941,313 (D)",
    },
    "progan_celebahq_1024": {
        **_progan(1024, batch_sizes={256: 14, 512: 6, 1024: 3}),
        "data": None,
        "data_hint": "a folder of CelebA-HQ images at 1024 px",
        "source": "appendix A.1 of the paper; parameters 23,079,115 (G) and 23,087,249 (D); FID 7.79 (paper)",
    },
    "ddpm_emoji_32": {
        **_ddpm(
            32,
            schedule=_configured("CosineSchedule", timesteps=1000),
            prediction=_configured("V"),
            batch_size=32,
            learning_rate=6e-4,
            steps=10_000,
            network={
                "width": 32,
                "channel_multipliers": [1, 2, 2, 2],
                "blocks_per_level": 1,
                "attention_resolutions": [8],
                "dropout": 0.0,
            },
        ),
        "sampling_steps": 20,
        "min_snr_gamma": 5.0,
        "average": {"half_life": 10_000, "ramp_up": 0.05},
        "warm_up_steps": 300,
        "data": "emoji",
        "flip": False,
        "precision": "mixed_bfloat16",
        "source": "this project, for two CPU cores",
    },
    "ddpm_cifar10_32": {
        **_ddpm(
            32,
            schedule=_configured("LinearSchedule", timesteps=1000),
            variance=_configured("FixedLarge"),
            batch_size=128,
            learning_rate=2e-4,
            steps=800_000,
            network={
                "width": 128,
                "channel_multipliers": [1, 2, 2, 2],
                "blocks_per_level": 2,
                "attention_resolutions": [16],
                "dropout": 0.1,
            },
        ),
        "data": "tfds:cifar10",
        "source": "appendix B of the paper; parameters 35,746,307; FID 3.17 with 1000 steps (paper)",
    },
    "ddpm_cosine_cifar10_32": {
        **_ddpm(
            32,
            schedule=_configured("CosineSchedule", timesteps=4000),
            variance=_configured("Learned"),
            batch_size=128,
            learning_rate=1e-4,
            steps=500_000,
            network={
                "width": 128,
                "channel_multipliers": [1, 2, 2, 2],
                "blocks_per_level": 3,
                "attention_resolutions": [16, 8],
                "head_dim": 64,
                "dropout": 0.3,
                "scale_shift": True,
                "norm_epsilon": 1e-5,
                "freq_shift": 0,
                "flip_sin_to_cos": True,
                "downsample_padding": 1,
            },
        ),
        "paper": _IMPROVED_DDPM_PAPER,
        "warm_up_steps": 1,
        "data": "tfds:cifar10",
        "source": "section 3 of the paper, hybrid loss; parameters 52,546,438; best FID 2.90 (paper)",
    },
    "ddpm_celebahq_256": {
        **_ddpm(
            256,
            schedule=_configured("LinearSchedule", timesteps=1000),
            variance=_configured("FixedLarge"),
            batch_size=64,
            learning_rate=2e-5,
            steps=500_000,
            network={
                "width": 128,
                "channel_multipliers": [1, 1, 2, 2, 4, 4],
                "blocks_per_level": 2,
                "attention_resolutions": [16],
                "dropout": 0.0,
            },
        ),
        "data": None,
        "data_hint": "a folder of CelebA-HQ images at 256 px",
        "source": "appendix B of the paper; parameters 113,673,219",
    },
}


def get_preset(name):
    """Returns a copy of a preset.

    Args:
        name: str. One of `preset_names()`.

    Raises:
        ValueError: if there is none of that name; suggests similar ones.
    """
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ValueError(f"There is no preset '{name}'.{hint} Presets: {', '.join(PRESETS)}")
    return copy.deepcopy(PRESETS[name])


def preset_names(model=None):
    """Returns the names of all presets, or of one model's."""
    return [name for name, preset in PRESETS.items() if model in (None, preset["model"])]
