"""Pipelines of Diffusers to latent diffusion: a U-Net on the latents of an autoencoder."""

from keras_gans import diffusion
from keras_gans.importers import autoencoder, diffusers, unet
from keras_gans.importers.family import Family, Found, named

OTHERS = ("AutoencoderTiny", "ConsistencyDecoderVAE")  # autoencoders that are not ours
# What would change latents beside their scale.
CHANGES = ("shift_factor", "latents_mean", "latents_std")


def find(checkpoint):
    """Finds the U-Net and the autoencoder of a pipeline, and its scheduler."""
    classes = {network.class_name: key for key, network in checkpoint.networks.items()}
    known = [name for name in classes if name in autoencoder.CONFIGS]
    others = sorted(set(classes) & set(OTHERS))
    if others:
        raise ValueError(
            f"The folder holds {', '.join(others)}. Allowed are pipelines of a UNet2DModel and one of "
            f"{', '.join(autoencoder.CONFIGS)}."
        )
    if len(checkpoint.networks) != 2 or len(known) != 1 or "UNet2DModel" not in classes:
        return None
    place = classes[known[0]]
    network, coder = (checkpoint.networks[key] for key in (classes["UNet2DModel"], place))
    config = diffusers.network_config(network)
    stored, defaults, notes = diffusers.scheduler_of(checkpoint, config)
    scale = autoencoder.CONFIGS[known[0]]["scaling_factor"]
    return Found(
        {**named("unet", network.tensors), **named("autoencoder", coder.tensors)},
        {"unet": config, "autoencoder": dict(coder.config), "scheduler": stored},
        {"autoencoder": {"scaling_factor": scale}, "scheduler": defaults},
        places={"unet": classes["UNet2DModel"], "autoencoder": place},
        notes=notes,
    )


def build(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. "unet" and "autoencoder" as `unet.networks_from_tensors` and
            `autoencoder.networks_from_tensors` take them.
        tensors: dict of str to array. Behind "unet/" and "autoencoder/" as they take them.

    Returns:
        `{"denoiser": UNet, "autoencoder": KLAutoencoder or VQAutoencoder}`.

    Raises:
        ValueError: as these do, or latents are shifted.
    """
    for key in CHANGES:
        if config["autoencoder"].get(key) is not None:
            raise ValueError(
                f"`{key}` must be null: latents are scaled only. Received: {config['autoencoder'][key]}"
            )
    networks = {}
    for part, importer in {"unet": unet, "autoencoder": autoencoder}.items():
        own = {
            name.removeprefix(f"{part}/"): array
            for name, array in tensors.items()
            if name.startswith(f"{part}/")
        }
        networks |= importer.networks_from_tensors(config[part], own)
    return networks


def generator(networks, config):
    """Returns the generator, which divides latents by the scale that the autoencoder's configuration has.

    Args:
        networks: dict with "denoiser" and "autoencoder".
        config: dict. "scheduler" as for `diffusers.generator`, and "autoencoder" with "scaling_factor".

    Raises:
        ValueError: if the process is none that the package has, or latents do not fit the U-Net.
    """
    denoiser = networks["denoiser"]
    made = diffusion.LatentDiffusionGenerator(
        denoiser,
        autoencoder=networks["autoencoder"],
        clipped_latents=True,  # the folder says whether they are
        **diffusers.sampling(denoiser, config["scheduler"]),
    )
    made.latent_scale.assign(1.0 / config["autoencoder"]["scaling_factor"])
    return made


FAMILY = Family("latent_diffusion", "Latent diffusion", "2112.10752", find, build, generator)
