"""The configuration of a run, which is what its config.json holds."""

import dataclasses
import functools
import importlib.metadata
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from keras_gans import atomic
from keras_gans.images import Channels
from keras_gans.presets import Preset
from keras_gans.presets.base import Precision
from keras_gans.presets.typed import Checked, hints
from keras_gans.resolution import Resolution, level_of, read
from keras_gans.training import ExponentialMovingAverage
from keras_gans.version import __version__

FORMAT = 2  # of config.json; 1 had no such key
CHANGES_OF_DATA = ("crop", "channels", "flip", "conditional")
INTERVALS = ("log_every", "sample_every", "save_every", "metric_every")


def flag(default: Any, help: str, **how: Any) -> Any:
    """Returns a field that is also a flag of the command line.

    Args:
        default: of the field.
        help: str. What --help says.
        **how: `metavar` of its value; `read`, its reader, where its type is none;
            `models`, the names of those that have the flag, where not all do.
    """
    return dataclasses.field(default=default, metadata={"help": help, **how})


def versions_now() -> dict[str, str]:
    """Returns the versions of the packages on which the bits of a run depend."""
    versions = {name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")}
    return {"keras_gans": __version__, **versions}


@dataclass(frozen=True, kw_only=True)
class RunConfig(Checked):
    """A preset, and all that a run adds to it or changes of it. Names of flags are those of the fields.

    Where a field is `None`, the preset says it. `resolved` is the preset with all changes.

    Attributes:
        preset: `keras_gans.presets.Preset`. As it was before the changes.
        out: str. The run directory.
        extended_to: int. Images that the run was made to go on to, or `None`. `images` is what it began with.
        threads: int. Cores of the machine that began the run.
        versions: dict of str to str. Packages that the run began with.

    The other fields are described by their flags: `keras-gans train MODEL --help`.

    Raises:
        ValueError: if a field has not its type, is out of range, or does not fit the preset.

    Example:
    ```python
    preset = keras_gans.presets.get("dcgan_emoji_32")
    config = keras_gans.runs.RunConfig(preset=preset, out="runs/photos", data="photos/", images=50_000)
    config.resolved.images  # 50,000
    ```
    """

    added: ClassVar[tuple[str, ...]] = (
        "extended_to",
        "objective",
        "channels",
        "perceptual",
        "autoencoder",
        "autoencoder_images",
    )

    preset: Preset
    out: str
    data: str | None = flag(
        None,
        "emoji[:style,...], tfds:NAME, a folder or zip; two of them for pairs of images, as "
        "emoji:noto,fluent or DIR,DIR, or left-to-right:DIR; one for each of several domains, or a folder of "
        "folders",
    )
    split: str = flag(
        "train", "split of emoji and TFDS; all takes the train and test folders of a folder together"
    )
    crop: Literal["center"] | None = flag(None, "cut images that are not square")
    resolution: Resolution | None = flag(
        None,
        "size in pixels: 64, or height x width where they differ, as in 96x64; another than the networks "
        "have is refused with the nearest",
        metavar="N|HxW",
        read=read,
    )
    channels: Channels | None = flag(None, "colours, or one channel of grey, to which colours are converted")
    conditional: bool | None = flag(None, "train with the class labels of the data")
    flip: bool | None = flag(None, "mirror half of the images")
    images: int | None = flag(None, "length of the run; phases keep their proportions")
    batch_size: int | dict[int, int] | None = flag(
        None,
        "global batch: 16, or by resolution 4:64,8:32,16:16",
        metavar="N",
        read=lambda text: read_batch_size(text),
    )
    gamma: float | None = flag(
        None,
        "weight of R1: more for more varied or larger images",
        models=("stylegan", "stylegan2"),
    )
    objective: Literal["diffusion", "flow"] | None = flag(
        None,
        "flow: flow matching on the preset's network, instead of its diffusion",
        models=("ddpm", "latent_diffusion"),
    )
    perceptual: str | None = flag(
        None,
        "what compares an autoencoder's images: efficientnet-lite0, pixels or saved-model:PATH (default: the "
        "first where its weights are installed, else pixels)",
        models=("autoencoder", "latent_diffusion"),
    )
    autoencoder: str | None = flag(
        None,
        "an export of an autoencoder to take, instead of training one first (default: none)",
        metavar="EXPORT",
        models=("latent_diffusion",),
    )
    autoencoder_images: int | None = flag(
        None, "length of the autoencoder's training", models=("latent_diffusion",)
    )
    no_ada: bool = flag(False, "show the discriminator images as they are", models=("stylegan2",))
    reset_optimizer: bool = flag(True, "forget Adam's moments at the start of a phase")
    init_from: str | None = flag(
        None,
        "start with the networks of another run, or of an export of `keras-gans import` (default: none)",
        metavar="RUN",
    )
    freeze_d: int = flag(
        0, "leave each discriminator's first N convolutions as they are (with --init-from)", metavar="N"
    )
    strategy: Literal["auto", "none", "mirrored", "multiworker"] = flag(
        "auto", "mirrored: all GPUs of this host; multiworker: the hosts of TF_CONFIG"
    )
    precision: Precision | None = flag(None, "of the blocks; losses and outputs stay float32")
    jit: bool | None = flag(None, "compile with XLA (default: on one GPU)")
    seed: int = flag(0, "of weights, latents and data order")
    deterministic: bool = flag(False, "same bits in every run; slower on a GPU")
    log_every: int = flag(2_000, "a line of losses", metavar="IMAGES")
    sample_every: int = flag(10_000, "a grid of samples", metavar="IMAGES")
    save_every: int = flag(20_000, "a checkpoint", metavar="IMAGES")
    metric: str | None = flag(
        None,
        "a score of the averaged networks while training, such as fid2k or kid2k: a line in metrics.jsonl, "
        "and the best state in checkpoints_best/ (default: none)",
    )
    metric_every: int = flag(50_000, "a score", metavar="IMAGES")
    features: str = flag(
        "inception-2015",
        "for --metric, as of `keras-gans evaluate`; efficientnet-lite0 needs no network",
    )
    tensorboard: bool | None = flag(
        None, "write event files for TensorBoard (default: where it is installed)"
    )
    extended_to: int | None = None
    threads: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    versions: dict[str, str] = dataclasses.field(default_factory=versions_now)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.out:
            raise ValueError("--out must name a folder. Received: ''")
        for name in ("images", "autoencoder_images", *INTERVALS):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{flag_of(name)} must be positive. Received: {value}")
        if self.freeze_d and self.init_from is None:
            raise ValueError("--freeze-d keeps what --init-from brings; without it there is nothing to keep")
        for name in ("autoencoder_images", "perceptual"):
            if self.autoencoder is not None and getattr(self, name) is not None:
                raise ValueError(
                    f"{flag_of(name)} is for an autoencoder that is trained first; --autoencoder names one "
                    "that is trained already"
                )
        if self.resolved.data.spec is None:
            raise ValueError(
                f"The preset {self.preset.name} names no data and needs --data: {self.preset.data.hint}"
            )

    @functools.cached_property
    def resolved(self) -> Preset:
        """The preset with what this configuration changes of it."""
        preset = self.preset
        names = ("resolution", "images", "precision", "gamma", "objective")
        names += ("perceptual",) if "perceptual" in hints(type(preset)) else ()
        changed = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.no_ada:
            changed["augmentation"] = None
        if self.init_from is not None:
            # The average has learnt already: no first weights to forget.
            changed["average"] = ExponentialMovingAverage(**{**preset.average.arguments, "ramp_up": None})
        data = {"spec": self.data, **{name: getattr(self, name) for name in CHANGES_OF_DATA}}
        data = {name: value for name, value in data.items() if value is not None}
        preset = preset.replace(**changed, data=preset.data.replace(**data))
        if self.batch_size is not None:
            preset = preset.replace(batch_sizes=batch_sizes(self.batch_size, preset.resolution))
        return preset if self.extended_to is None else preset.extended_to(self.extended_to)

    # === Files ===

    def write(self) -> None:
        """Writes `config.json` into the run directory, whole or not at all."""
        text = json.dumps({"format": FORMAT, **self.to_config()}, indent=2)
        atomic.write_file(Path(self.out) / "config.json", f"{text}\n".encode())

    @classmethod
    def read(cls, out: str | os.PathLike) -> "RunConfig":
        """Reads the configuration of a run, also where its folder has been moved.

        Raises:
            ValueError: if there is no run, it was begun by a version before 0.2.0, or its config.json is no
            JSON object or has a key that is unknown or missing.
        """
        path = Path(out) / "config.json"
        if not path.exists():
            raise ValueError(f"There is no run in {out}: no {path}")
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise ValueError(f"it must hold an object. Received: {config!r:.80}")
        except ValueError as error:
            raise ValueError(f"{path} is no configuration of a run: {error}") from error
        found = config.pop("format", 1)
        if found == 1:
            raise ValueError(
                f"The run in {out} was begun by keras_gans 0.1.0, which alone can go on with it; its export "
                f"in {Path(out) / 'export'} stays usable with every version."
            )
        if found != FORMAT:
            raise ValueError(f"{path} has format {found}, this version of keras_gans reads {FORMAT}")
        return cls.from_config({**config, "out": str(out)})


def flag_of(name: str) -> str:
    """Returns the flag of a field."""
    return f"--{name.replace('_', '-')}"


def flags_of(model: str) -> dict[str, tuple[dataclasses.Field, Any]]:
    """Returns the fields that are flags of a model, each with its annotation."""
    types = hints(RunConfig)
    fields = [field for field in dataclasses.fields(RunConfig) if "help" in field.metadata]
    chosen = [field for field in fields if model in field.metadata.get("models", (model,))]
    return {field.name: (field, types[field.name]) for field in chosen}


def batch_sizes(given: int | dict[int, int], resolution: Resolution) -> dict[int, int]:
    """Returns the batch size of each resolution up to that of the run.

    Args:
        given: int, for all; or dict of int to int, where a resolution that is not named takes the value of
            the one before.
        resolution: int, or (height, width), whose levels are meant. Of the run.
    """
    resolution = resolution if isinstance(resolution, int) else level_of(resolution)
    sizes = [*(2**n for n in range(2, (resolution - 1).bit_length())), resolution]
    named = {sizes[0]: given} if isinstance(given, int) else given
    if not named or not set(named) <= set(sizes) or min(named.values()) < 1:
        raise ValueError(
            f"--batch-size takes 16 or 4:64,8:32 with resolutions of {sizes}. Received: {given!r}"
        )
    result, batch = {}, named[min(named)]
    for size in sizes:
        batch = named.get(size, batch)
        result[size] = batch
    return result


def read_batch_size(text: str) -> int | dict[int, int]:
    """Reads "16" as 16, and "4:64,8:32" as `{4: 64, 8: 32}`.

    Raises:
        ValueError: if the text is neither.
    """
    try:
        if text.isdecimal():
            return int(text)
        return {int(size): int(batch) for size, batch in (item.split(":") for item in text.split(","))}
    except ValueError:
        raise ValueError(f"--batch-size takes 16 or 4:64,8:32. Received: {text!r}") from None
