"""What a machine offers for training, and what it lacks."""

import importlib.metadata
import os
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from keras_gans import paths, presets
from keras_gans.runs.actions import configure
from keras_gans.runs.config import versions_now
from keras_gans.runs.run import Run
from keras_gans.runs.summary import images_per_second

DRIVER = Path("/proc/driver/nvidia/version")  # what the kernel module of NVIDIA's driver says
MEMORY = Path("/proc/meminfo")


def machine(folder: str | os.PathLike = ".") -> dict[str, str]:
    """Returns what there is, by what it is: texts for a person.

    Args:
        folder: path. Where runs are to be written.
    """
    gpus = [
        f"{device.name} ({tf.config.experimental.get_device_details(device).get('device_name', 'GPU')})"
        for device in tf.config.list_physical_devices("GPU")
    ]
    found = dict(versions_now())
    found["gpus"] = ", ".join(gpus) or f"none: {why_no_gpu(os.environ)}"
    found["cores"] = str(os.cpu_count())
    found["memory"] = free_memory()
    found["disk"] = f"{paths.free_bytes(folder) / 2**30:,.1f} GiB free in {os.path.abspath(folder)}"
    return found


def why_no_gpu(
    environment: Mapping[str, str], *, driver: Path = DRIVER, with_cuda: bool | None = None
) -> str:
    """Returns why TensorFlow sees no GPU, and what to do about it.

    Args:
        environment: mapping of str to str. Variables of the process.
        driver: path of the file that is there where NVIDIA's driver is loaded.
        with_cuda: bool. Whether TensorFlow can use GPUs at all; `None` asks it.
    """
    if not (tf.test.is_built_with_cuda() if with_cuda is None else with_cuda):
        return f"this TensorFlow is built without CUDA. {pip_line()}, on Linux or in WSL2"
    if not driver.exists():
        return (
            "no NVIDIA driver is loaded. Where the machine has a GPU of NVIDIA's, install its driver first "
            f"(`nvidia-smi` shows it then). {pip_line()}"
        )
    hidden = environment.get("CUDA_VISIBLE_DEVICES")
    if hidden in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={hidden} hides them. Unset it"
    lacking = missing_libraries()
    if lacking:
        return f"CUDA's libraries are not all there ({', '.join(lacking)}). {pip_line()}"
    return "driver and libraries are there, but do not fit: TensorFlow's messages above name what failed"


def pip_line() -> str:
    """Returns the command that brings CUDA for the TensorFlow that is installed."""
    return f'`pip install "tensorflow[and-cuda]=={tf.version.VERSION}"` brings CUDA'


def missing_libraries() -> list[str]:
    """Returns the packages of `tensorflow[and-cuda]` that are not installed."""
    wanted = [line for line in importlib.metadata.requires("tensorflow") or () if "and-cuda" in line]
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted]
    return [name for name in names if not _installed(name)]


def free_memory(table: Path = MEMORY) -> str:
    """Returns how much memory there is and how much is free, as text.

    Args:
        table: path of Linux' table of it.
    """
    if not table.exists():
        return "not known on this system"
    text = table.read_text(encoding="utf-8")
    total, free = (
        int(re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)[1]) / 2**20
        for key in ("MemTotal", "MemAvailable")
    )
    return f"{free:,.1f} of {total:,.1f} GiB free"


def families() -> dict[str, presets.Preset]:
    """Returns the models that have a preset of the embedded images, each with the first such preset.

    Latent diffusion is left out, whose first stage, the autoencoder, is a family of its own.
    """
    found = {}
    for model in presets.models():
        for preset in map(presets.get, presets.names(model)):
            embedded = (preset.data.spec or "").startswith("emoji")
            if embedded and preset.first_stage is None:
                found.setdefault(model, preset)
    return found


def try_family(preset: presets.Preset) -> str:
    """Trains a family's preset for three steps, of random weights, and says how fast they were.

    Args:
        preset: `keras_gans.presets.Preset`, of the embedded images.

    Returns:
        str. What went wrong is said, not raised: the other families are still to be tried.
    """
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(configure(preset, split="test", out=f"{folder}/run"), write=False)
            rate = images_per_second(run, run.plan.phases[0], steps=2)
    except Exception as error:
        return f"failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return f"{rate:,.1f} images/s ({preset.name}, {time.monotonic() - started:.0f} s in all)"


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
