"""What one does with a run: train, go on, export, look at the plan."""

import os
from pathlib import Path
from typing import Any

from keras_gans import presets
from keras_gans.metrics import perceptual
from keras_gans.presets.typed import check_names, hints
from keras_gans.runs import imported, preflight, stages
from keras_gans.runs.config import RunConfig, flag_of, versions_now
from keras_gans.runs.run import Run


def train(
    preset: presets.Preset | str,
    *,
    data: str | os.PathLike | None = None,
    out: str | os.PathLike | None = None,
    images: int | None = None,
    **fields: Any,
) -> Run:
    """Trains a preset and exports it.

    It prints lines of progress. A signal (SIGTERM, Ctrl-C, a notebook's stop button) ends it early with a
    checkpoint; `stopped` of the returned run then is true, and `resume` goes on.

    Args:
        preset: `keras_gans.presets.Preset`, or the name of one.
        data: str or path. What to train on, as `RunConfig.data`; `None` means the preset's.
        out: str or path. The run directory, which must hold no run that has begun and nothing by the names
            that a run writes. `None` means `runs/<model>`.
        images: int. Images to show; `None` means as many as the preset says.
        **fields: further fields of `RunConfig`: `resolution`, `batch_size`, `conditional`, `seed` and others.

    Returns:
        `Run`, with `export_path`, `trainer` and `config`.

    Raises:
        ValueError: if a field is unknown or wrong, if `out` holds a run or files of others, or if the data do
            not fit.
        OSError: if nothing can be written to `out`, or there is no room for the checkpoints and the export.

    Example:
    ```python
    run = keras_gans.runs.train("dcgan_emoji_32", data="photos/", out="runs/photos", images=20_000)
    run.export_path  # runs/photos/export
    ```
    """
    config = configure(preset, data=data, out=out, images=images, **fields)
    preflight.check_new(config)
    return _train(config)


def resume(out: str | os.PathLike, **fields: Any) -> Run:
    """Goes on with a run that was stopped, with its own settings, and exports it at the end.

    Args:
        out: str or path. The run directory.
        **fields: fields of `RunConfig`, or `preset`; each must be what the run has. Two may differ: `images`,
            to go on to more images than the run was to have, and `data`, where the same images now lie.

    Returns:
        `Run`, as `train` does.

    Raises:
        ValueError: if there is no run, it was begun by a version before 0.2.0, a field differs, the data are
            not those that the run began with, or no checkpoint can be read.
        OSError: as in `train`.
    """
    config = _stored(out, fields, extend=True)
    preflight.check_resumed(config)
    return _train(config, resume=True)


def export(out: str | os.PathLike, *, best: bool = False, **fields: Any) -> Run:
    """Exports a run as it is now, without training on.

    Args:
        out: str or path. The run directory.
        best: bool. Whether to export the state with the best score, of a run with `metric`, instead of the
            last one.
        **fields: as in `resume`, but for `images`.

    Raises:
        ValueError: as in `resume`; or if the networks have not grown to the end.
    """
    config = _stored(out, fields)
    preflight.check_export(config)
    run = Run(config)
    run.export_state(best=best)
    return run


def describe(preset: presets.Preset | str, **fields: Any) -> Run:
    """Prints networks, phases, data and speed of a run; writes nothing.

    Args:
        preset: `keras_gans.presets.Preset`, or the name of one.
        **fields: fields of `RunConfig`.
    """
    config = configure(preset, **fields)
    first = stages.first_of(config)
    if first is not None:
        print("first stage")
        Run(first, write=False).describe(measure=True)
        print("\nsecond stage")
    run = Run(config, write=False)
    run.describe(measure=True)
    return run


def configure(preset: presets.Preset | str, **fields: Any) -> RunConfig:
    """Returns the configuration of a new run.

    Args:
        preset: `keras_gans.presets.Preset`, or the name of one.
        **fields: fields of `RunConfig`, where `None` means the default.
    """
    check_names(fields, hints(RunConfig), "A run has no field")
    if isinstance(preset, str):
        preset = presets.get(preset)
    given = {name: _plain(value) for name, value in fields.items() if value is not None}
    if "init_from" in given:
        preset = imported.adopted(preset, given["init_from"])
    if "autoencoder" in given:
        preset = stages.adopted(preset, given["autoencoder"])
    if "perceptual" in hints(type(preset)):  # what "auto" means must not change before the run is resumed
        given["perceptual"] = perceptual.resolve(given.get("perceptual", preset.perceptual))
    return RunConfig(**{"preset": preset, "out": f"runs/{preset.model}", **given})


def _train(config: RunConfig, *, resume: bool = False) -> Run:
    """Trains the stage that comes first, or what is left of it, and then the run itself."""
    first = stages.first_of(config)
    if first is not None:
        if not resume:
            Path(config.out).mkdir(parents=True, exist_ok=True)
            config.write()  # so that the whole run can be resumed from its first step on
        run = _first_stage(first, config)
        if run is not None and run.stopped:
            return run
    run = Run(config)
    run.train(resume=resume)
    return run


def _first_stage(first: RunConfig, config: RunConfig) -> Run | None:
    """Trains a first stage, goes on with it, or returns `None` where it is done."""
    begun = preflight.is_run(Path(first.out))
    if begun:
        first = RunConfig.read(first.out)
        if (Path(first.out) / "export").exists():
            return None
    print(f"first stage: {first.preset.title}, in {first.out}", flush=True)
    (preflight.check_resumed if begun else preflight.check_new)(first)
    run = Run(first, of=config)
    run.train(resume=begun)
    return run


def _stored(out: str | os.PathLike, fields: dict[str, Any], *, extend: bool = False) -> RunConfig:
    """The configuration of the run in `out`; only the place of the data and the length may differ."""
    check_names(fields, hints(RunConfig), "A run has no field")
    config, fields = RunConfig.read(out), dict(fields)
    if fields.get("data") is not None:
        config = config.replace(data=_plain(fields.pop("data")))
    length = config.images if config.extended_to is None else config.extended_to
    if extend and fields.get("images") not in (None, length):
        config = _extended(config, fields.pop("images"))
    held = {"preset": config.preset.name, "images": length}
    other = []
    for name, value in fields.items():
        stored = held[name] if name in held else getattr(config, name)
        if _plain(value) != stored:
            other.append(f"{flag_of(name)} {value}, the run has {stored}")
    if other:
        raise ValueError(f"A run goes on with its own settings. Received: {'; '.join(other)}")
    now = versions_now()
    if now != config.versions:
        print(f"note: the run began with {config.versions}; with {now} its bits may differ")
    return config


def _extended(config: RunConfig, images: int) -> RunConfig:
    """The configuration of a run that goes on to more images."""
    planned = config.resolved.total_images
    if images < planned:
        raise ValueError(
            f"A run can be made longer, not shorter: it has {planned:,} images. Received: "
            f"--images {images:,}. --export exports it as it is now."
        )
    return config.replace(extended_to=images)


def _plain(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value
