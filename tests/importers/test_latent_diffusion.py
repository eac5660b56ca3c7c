import checkpoint_files as files
import numpy as np
import pytest
from reference import autoencoder_numpy, diffusion_numpy, unet_numpy
from reference.parity import assert_parity, channels_last

from keras_gans import importers
from keras_gans.importers import latent_diffusion, readers
from keras_gans.importers.family import Checkpoint

UNET = {
    **{"sample_size": 4, "in_channels": 2, "out_channels": 2, "block_out_channels": [4, 8]},
    **{"down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "layers_per_block": 1, "norm_num_groups": 2},
    **{"up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "attention_head_dim": None},
}
BLOCKS = {
    **{"down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2},
    **{"block_out_channels": [4, 4], "norm_num_groups": 2, "sample_size": 32, "in_channels": 3},
}
# By the class and its place in a pipeline.
CODERS = {
    ("VQModel", "vqvae"): {**BLOCKS, "latent_channels": 3, "vq_embed_dim": 2, "num_vq_embeddings": 7},
    ("AutoencoderKL", "vae"): {**BLOCKS, "latent_channels": 2, "scaling_factor": 0.5},
}
SCHEDULER = {
    **{"num_train_timesteps": 10, "beta_end": 0.3, "beta_schedule": "scaled_linear", "beta_start": 0.01},
    **{"timestep_spacing": "linspace", "steps_offset": 1},
}


def pipeline(path, kind, place, clip, **changes):
    """Writes a pipeline; returns the whole configurations and the tensors of its networks."""
    configs = {"unet": {**UNET}, place: {**CODERS[kind, place], **changes}}
    whole = {
        "unet": {**importers.unet.CONFIG, **configs["unet"]},
        place: {**importers.autoencoder.CONFIGS[kind], **configs[place]},
    }
    makers = {"unet": unet_numpy, place: autoencoder_numpy}
    tensors = {key: makers[key].random_tensors(config) for key, config in whole.items()}
    classes = {"unet": "UNet2DModel", place: kind, "scheduler": "DDIMScheduler"}
    content = {
        "model_index.json": {"_class_name": "LDMPipeline"}
        | {key: ["diffusers", name] for key, name in classes.items()},
        "scheduler/scheduler_config.json": {
            **SCHEDULER,
            "_class_name": "DDIMScheduler",
            "clip_sample": clip,
        },
    }
    for key, config in configs.items():
        content[f"{key}/config.json"] = {"_class_name": classes[key], **config}
        content[f"{key}/diffusion_pytorch_model.safetensors"] = files.safetensors(tensors[key])
    path.mkdir()
    return files.write_files(path, content), whole, tensors


@pytest.mark.parametrize(("kind", "place"), CODERS)
def test_pipelines(tmp_path, kind, place):
    """Latents by the folder's sampler, divided by the scale, decoded and clipped."""
    clip = kind == "VQModel"
    path, configs, tensors = pipeline(tmp_path / "ldm", kind, place, clip)
    imported = importers.load(path, steps=3)
    assert imported.family.name == "latent_diffusion" and not imported.unused
    assert sorted(imported.networks) == ["autoencoder", "denoiser"]
    network = unet_numpy.UNet(tensors["unet"], configs["unet"])
    noise = np.random.default_rng(0).standard_normal((2, 2, 4, 4)).astype("float32")
    betas = np.linspace(0.1, 0.3**0.5, 10) ** 2
    timesteps, reached = diffusion_numpy.diffusers_timesteps("linspace", 10, 3)
    [*_, latents] = diffusion_numpy.ddim(
        lambda x, t: network(x, np.full(len(x), t - 1), None),
        noise,
        np.cumprod([1.0, *(1.0 - betas)]),
        timesteps,
        clip=clip,
        reached=reached,
    )
    scale = configs[place]["scaling_factor"]
    assert imported.config["autoencoder.scaling_factor"] == scale
    assert ("autoencoder.scaling_factor" in imported.derived) == (kind == "VQModel")
    decoder = autoencoder_numpy.Autoencoder(tensors[place], configs[place])
    expected = np.clip(decoder.decode(latents / scale), -1.0, 1.0)
    assert_parity(imported.exported(channels_last(noise).reshape(2, -1)), channels_last(expected))
    same = type(imported.exported).from_config(imported.exported.get_config())
    assert same.clipped_latents and same.process.clip == clip


@pytest.mark.parametrize("change", [{"shift_factor": 0.1}, {"latents_mean": [0.0, 0.0]}])
def test_shifted_latents_are_refused(tmp_path, change):
    path, *_ = pipeline(tmp_path / "ldm", "AutoencoderKL", "vae", False, **change)
    [name] = change
    with pytest.raises(ValueError, match=rf"`{name}` must be null.*Received"):
        importers.load(path)


def test_other_autoencoders_are_refused_by_name():
    networks = {
        "unet": readers.Network("UNet2DModel", {}, {}),
        "vae": readers.Network("AutoencoderTiny", {}, {}),
    }
    with pytest.raises(ValueError, match=r"holds AutoencoderTiny. Allowed are .* AutoencoderKL, VQModel"):
        latent_diffusion.find(Checkpoint("diffusers folder", networks))
