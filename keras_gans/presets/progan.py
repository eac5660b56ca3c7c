"""Presets of Progressive GAN."""

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
}
