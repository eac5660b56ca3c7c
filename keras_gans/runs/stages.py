"""Runs of two stages: an autoencoder, and a diffusion model on its latents.

The first stage is a run of its own, in the folder `autoencoder` of the second one's directory.
"""

import hashlib
from pathlib import Path

import numpy as np

from keras_gans import data as image_sources
from keras_gans import presets
from keras_gans.export.savedmodel import read_networks
from keras_gans.metrics import perceptual
from keras_gans.presets.base import configured
from keras_gans.runs.config import RunConfig
from keras_gans.runs.preflight import STAGES

AUTOENCODER, LATENTS = STAGES
# What both stages of a run have in common.
SHARED = (
    "data",
    "split",
    "crop",
    "channels",
    "resolution",
    "flip",
    "strategy",
    "precision",
    "jit",
    "seed",
    "deterministic",
    "log_every",
    "sample_every",
    "save_every",
    "tensorboard",
    "perceptual",
)


def first_of(config: RunConfig) -> RunConfig | None:
    """Returns the configuration of the stage that comes first, or `None` where there is none to train."""
    preset = config.preset.first_stage
    if preset is None or config.autoencoder is not None:
        return None
    fields = {name: getattr(config, name) for name in SHARED}
    fields["perceptual"] = perceptual.resolve(config.perceptual or preset.perceptual)
    return RunConfig(preset=preset, out=str(place_of(config)), images=config.autoencoder_images, **fields)


def place_of(config: RunConfig) -> Path:
    """Returns the directory of the first stage."""
    return Path(config.out) / AUTOENCODER


def source_of(config: RunConfig) -> Path:
    """Returns the export of the autoencoder that a run is trained with."""
    return place_of(config) / "export" if config.autoencoder is None else Path(config.autoencoder)


def adopted(preset: presets.Preset, source: str) -> presets.Preset:
    """Returns a preset of latent diffusion whose autoencoder is that of an export.

    Raises:
        ValueError: if the export keeps no autoencoder, or the preset has none.
    """
    if preset.first_stage is None:
        raise ValueError(f"--autoencoder is for latent diffusion; {preset.title} has no autoencoder")
    network = _read(source)
    # Name and precision are the run's.
    config = {k: v for k, v in network.get_config().items() if k not in ("name", "dtype", "trainable")}
    entry = configured(type(network).__name__, **config)
    return preset.replace(networks={**preset.networks, AUTOENCODER: entry})


def load_autoencoder(run) -> None:
    """Gives the trainer of the second stage the autoencoder that the run is trained with.

    Args:
        run: `keras_gans.runs.Run`.

    Raises:
        ValueError: if there is no autoencoder, or one of other images.
    """
    source = source_of(run.config)
    network, own = _read(source), run.trainer.autoencoder
    shapes = [[tuple(weight.shape) for weight in one.weights] for one in (network, own)]
    if shapes[0] != shapes[1] or network.resolution not in (None, own.resolution):
        raise ValueError(
            f"The autoencoder of {source} takes {network.channels} channels and "
            f"{network.resolution or 'any'} px. The run has {own.channels} channels and "
            f"{run.preset.resolution} px"
        )
    own.set_weights(network.get_weights())


def encode(run, *, begun: bool) -> None:
    """Sends the images of a run through its autoencoder, once, and measures its latents at the start.

    Args:
        run: `keras_gans.runs.Run`, whose trainer has the autoencoder's weights.
        begun: bool. Whether the run has a checkpoint, in which the scale of the latents stands.

    Raises:
        ValueError: if the autoencoder that the run began with has been replaced by another.
    """
    digest = digest_of(run.trainer.autoencoder)
    source = source_of(run.config)
    if begun and source.exists() and digest_of(_read(source)) != digest:
        raise ValueError(
            f"The autoencoder in {source} is not the one that the run in {run.out} began with: its weights "
            f"have another digest than {digest[:12]}. Bring that one back, or begin another run in another "
            "--out."
        )
    run.encoded = image_sources.encode(
        run.data,
        run.trainer.encoder,
        run.out / LATENTS if run.chief else None,
        flip=run.preset.data.flip,
        digest=digest,
        progress=run.chief,
    )
    if not begun:
        run.trainer.measure_scale(run.encoded.values)
        scale = float(run.trainer.latent_scale.numpy())
        height, width, channels = run.trainer.generator.state_shape
        print(f"latents        {height}x{width}x{channels}, standard deviation {scale:.4f} before scaling")


def encode_some(run, count: int) -> None:
    """Sends only the first images through the autoencoder, to time steps with."""
    few = run.data.subset(np.arange(min(count, len(run.data))))
    run.encoded = image_sources.encode(
        few, run.trainer.encoder, flip=run.preset.data.flip, digest="", progress=False
    )


def digest_of(network) -> str:
    """Returns the SHA-256 of a network's weights, in hexadecimal."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight))
    return digest.hexdigest()


def _read(source: str | Path):
    """The autoencoder that an export keeps."""
    found = read_networks(source)
    if AUTOENCODER not in found:
        held = f"holds the networks {', '.join(found)}" if found else "keeps no network"
        raise ValueError(
            f"There is no autoencoder in {source}, which {held}. Take the export of `keras-gans train "
            "autoencoder`, or what `keras-gans import` made of one"
        )
    return found[AUTOENCODER]
