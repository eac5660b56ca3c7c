"""What would fail at the end of a run, looked for before its first step."""

import os
import tempfile
from pathlib import Path

from keras_gans import export as exports
from keras_gans import paths
from keras_gans.runs.config import RunConfig
from keras_gans.training import records
from keras_gans.training.resume import find_checkpoints

PROGRESS = ("log.jsonl", "metrics.jsonl", "samples.png", "export")  # what a run writes after its first step
FOLDERS = ("checkpoints", "checkpoints_best")
STAGES = ("autoencoder", "latents")  # of a run of two: the first one, and what it made of the images
WRITTEN = ("config.json", "data.json", "samples", "tensorboard", *STAGES, *PROGRESS, *FOLDERS)


def check_new(config: RunConfig) -> None:
    """Refuses a run whose directory is taken, cannot be written, or lies among the data.

    A directory whose run failed before its first line of losses is free, and so are empty folders in it.

    Raises:
        ValueError: if it holds a run or files of others by the names that a run writes, or lies in the folder
            of the images.
        OSError: if nothing can be written there.
    """
    out = Path(config.out)
    if is_run(out):
        if holds_progress(out):
            raise ValueError(
                f"{out} holds a run. Go on with --resume (`runs.resume`), or choose another --out."
            )
    elif taken := [name for name in WRITTEN if os.path.lexists(out / name) and not is_empty(out / name)]:
        raise ValueError(
            f"{out} holds {', '.join(taken)}, which a run writes too, and no run of this version left there. "
            "Choose another --out."
        )
    for folder in filter(Path.is_dir, places_of(config.resolved.data.spec)):
        if folder.resolve() in (out.resolve(), *out.resolve().parents):
            raise ValueError(
                f"--out {out} lies in the folder of the images, {folder}: the pictures of the run would "
                "become its data. Choose another --out."
            )
    check_writable(out)


def check_resumed(config: RunConfig) -> None:
    """Refuses to go on with a run whose checkpoints are gone or whose export could not be written.

    Raises:
        ValueError: if the log tells of more images than can be without a checkpoint, and there is none.
        OSError: if nothing can be written there, the export's place is taken, or the images are gone.
    """
    out = Path(config.out)
    seen = logged_images(out)
    if seen >= config.save_every and not find_checkpoints(out / "checkpoints"):
        raise ValueError(
            f"The run in {out} has seen {seen:,} images, and {out / 'checkpoints'} holds no checkpoint. "
            "Bring them back from a copy, or begin a new run in another --out."
        )
    check_export(config)


def check_export(config: RunConfig) -> None:
    """Refuses an export that could not be written, and a run whose images are gone.

    Raises:
        OSError: if nothing can be written to the directory, or the export's place is taken.
        FileNotFoundError: if there is no folder or file of the images.
    """
    spec = config.resolved.data.spec
    if gone := [path for path in places_of(spec) if not path.exists()]:
        raise FileNotFoundError(
            f"The images of the run are not there: no {', '.join(map(str, gone))}. If they lie elsewhere "
            "now, name the place with --data."
        )
    exports.check_target(Path(config.out) / "export", overwrite=True)
    check_writable(config.out)


def check_writable(out: str | Path) -> None:
    """Raises an OSError if no file can be written to a directory, or to that in which it would be made."""
    there = Path(out)
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise type(error)(f"Nothing can be written to --out {out}: {error.strerror}") from error


def check_room(run, state) -> None:
    """Raises `DiskFull` if there is no room for the checkpoints and the export of a run.

    Args:
        run: `keras_gans.runs.Run`, with optimizers.
        state: `keras_gans.training.RunState` that its checkpoints go to.
    """
    there = sum(file.stat().st_size for file in state.directory.glob("ckpt-*"))
    # A new one is written before an old one goes; with --metric there are two of the best as well.
    kept = state.max_to_keep + 1 + (2 if run.config.metric else 0)
    exported = 0 if run.export_path.exists() else state.nbytes // 2
    needed = kept * state.nbytes - there + exported
    if needed > paths.free_bytes(run.out):
        problem = f"There is no room for the checkpoints and the export in {run.out}"
        raise paths.DiskFull(problem, run.out, needed)


def is_run(out: Path) -> bool:
    """Whether a directory holds a configuration that this version can read."""
    try:
        RunConfig.read(out)
    except (ValueError, OSError):
        return False
    return True


def is_empty(path: Path) -> bool:
    """Whether a path is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def holds_progress(out: Path) -> bool:
    """Whether a directory holds what a run leaves once it has made steps."""
    done = any((out / name).exists() for name in PROGRESS)
    return done or any(find_checkpoints(out / name) for name in FOLDERS)


def places_of(spec: str) -> list[Path]:
    """Returns the folders and files that `--data` names; none of the embedded and the public data sets."""
    if spec == "emoji" or spec.startswith(("emoji:", "tfds:")):
        return []
    spec = spec.removeprefix("left-to-right:")
    # A list of many folders is too long for a name, which is an error to `Path.exists`.
    return [Path(spec)] if os.path.exists(spec) else [Path(part) for part in spec.split(",")]


def logged_images(out: Path) -> int:
    """Returns the most images that a run's log tells of; 0 without a log."""
    return max((record["images"] for _, record in records.read(out / "log.jsonl")), default=0)
