"""Presets of StyleGAN."""

from keras_gans.presets.base import configured

_STYLEGAN_PAPER = "https://arxiv.org/abs/1812.04948"


def _stylegan(resolution, *, generator, discriminator, schedule, **more):
    """What the paper trains everything with (section 3.1, appendix C)."""
    return {
        "model": "stylegan",
        "resolution": resolution,
        "paper": _STYLEGAN_PAPER,
        "network": {
            "generator": configured("StyleGANGenerator", **generator),
            "discriminator": configured("StyleGANDiscriminator", **discriminator),
        },
        "optimizer": {"beta_1": 0.0, "beta_2": 0.99},
        "average": {"half_life": 10_000},
        "mixing_probability": 0.9,
        "r1": {"weight": 10.0},
        "schedule": schedule,
        "flip": True,
        "precision": "float32",
        **more,
    }


PRESETS = {
    "stylegan_emoji_32": _stylegan(
        32,
        generator={
            "latent_dim": 128,
            "style_dim": 128,
            "mapping_width": 128,
            "mapping_layers": 4,
            "channel_base": 512,
            "channel_max": 128,
        },
        discriminator={"channel_base": 512, "channel_max": 128},
        schedule={
            "fade_images": 20_000,
            "stable_images": 20_000,
            "final_images": 160_000,
            "batch_sizes": {8: 32, 16: 16, 32: 16},
            "learning_rates": {8: 1e-3, 16: 1e-3, 32: 1e-3},
        },
        average={"half_life": 10_000, "ramp_up": 0.05},
        r1={"weight": 1.0},  # at 32 px gradients of the paper's weight would drown the rest
        data="emoji",
        flip=False,
        source="this project, for two CPU cores",
    ),
    "stylegan_ffhq_1024": _stylegan(
        1024,
        generator={},
        discriminator={},
        schedule={
            "fade_images": 600_000,
            "stable_images": 600_000,
            "final_images": 16_600_000,  # 25 million in all
            "batch_sizes": {8: 256, 16: 128, 32: 64, 64: 32, 128: 32, 256: 32, 512: 32, 1024: 32},
            "learning_rates": {
                **dict.fromkeys((8, 16, 32, 64), 1e-3),
                **{128: 1.5e-3, 256: 2e-3, 512: 3e-3, 1024: 3e-3},
            },
        },
        data=None,
        data_hint="a folder of FFHQ images at 1024 px",
        source="section 2.1 and appendix C of the paper, configuration F; parameters 26,219,627 (G) and "
        "23,087,249 (D); FID 4.40 (paper). Batches and rates of the resolutions below 1024 px are those of "
        "eight GPUs",
    ),
}
