"""Presets of denoising diffusion models."""

from keras_gans.presets.base import configured

_DDPM_PAPER = "https://arxiv.org/abs/2006.11239"
_IMPROVED_DDPM_PAPER = "https://arxiv.org/abs/2102.09672"


def _ddpm(resolution, *, schedule, batch_size, learning_rate, steps, network, **process):
    return {
        "model": "ddpm",
        "resolution": resolution,
        "paper": _DDPM_PAPER,
        "network": network,
        "process": configured("DiffusionProcess", schedule=schedule, **process),
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
    "ddpm_emoji_32": {
        **_ddpm(
            32,
            schedule=configured("CosineSchedule", timesteps=1000),
            prediction=configured("V"),
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
            schedule=configured("LinearSchedule", timesteps=1000),
            variance=configured("FixedLarge"),
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
            schedule=configured("CosineSchedule", timesteps=4000),
            variance=configured("Learned"),
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
            schedule=configured("LinearSchedule", timesteps=1000),
            variance=configured("FixedLarge"),
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
