"""`keras-gans demo`: the whole way in a few minutes.

It trains a small Progressive GAN on the embedded emoji, exports and checks it, loads it with `hub.load` and
draws from it. Every command is printed before it runs; each works by itself.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from keras_gans.cli import outputs

PRESET = "progan_emoji_16"
PICTURES = ("hub_grid.png", "grid.png", "walk.gif")
HUB_PROGRAM = """
import sys
import imageio, numpy as np, tensorflow as tf, tensorflow_hub as hub

path, out = sys.argv[1:]
generate = hub.load(path).signatures["default"]
z = tf.random.stateless_normal([36, 64], seed=[0, 0])
images = np.array(generate(z)["default"])
rows = images.reshape(6, 6, *images.shape[1:]).transpose(0, 2, 1, 3, 4)
sheet = rows.reshape(6 * images.shape[1], -1, 3).repeat(4, 0).repeat(4, 1)
imageio.imwrite(out, np.clip(sheet * 255, 0, 255).astype(np.uint8))
print("hub.load gave", images.shape, "images, mean", images.mean().round(3))
"""


def add(command):
    """Adds the command."""
    parser = command(
        "Trains a small Progressive GAN on the embedded emoji, exports, checks and uses it.",
        "--out demo",
    )
    parser.add_argument("--out", default="demo", help="folder for everything")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an older demo there; whatever else lies in the folder stays",
    )
    parser.add_argument("--images", help="length of the training (default: the preset's)")


def run(options):
    """Runs all commands; returns the exit code of the first that fails, or 0."""
    out, started = Path(options.out), time.monotonic()
    remove_older(out, options.overwrite)
    out.mkdir(parents=True, exist_ok=True)
    for command in commands(out, options.images):
        code = start(command)
        if code:
            return code
    print(f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes. Look at:")
    for name in ("run/samples", *PICTURES, "run/export/README.md"):
        print(f"  {out / name}")
    return 0


def remove_older(out, overwrite):
    """Makes room for a demo: removes the files of an older one, if that is wanted, and nothing else.

    Raises:
        FileExistsError: without `overwrite`, there are such files.
        ValueError: the folder holds other files and no demo, or the run in it is another one.
    """
    run, pictures = out / "run", [out / name for name in PICTURES]
    there = [path for path in (run, *pictures) if path.exists()]
    if not there and out.is_dir() and any(out.iterdir()):
        raise ValueError(f"{out} holds other files, and no demo. Choose another --out")
    if run.exists() and not is_of_a_demo(run):
        raise ValueError(f"{run} is no run of a demo, and is kept. Choose another --out")
    if there and not overwrite:
        raise FileExistsError(
            f"There is already {', '.join(map(str, there))}. Choose another --out, or pass --overwrite to "
            "replace an older demo"
        )
    outputs.check(pictures, overwrite=True)
    for path in pictures:
        path.unlink(missing_ok=True)
    if run.exists():
        shutil.rmtree(run)


def is_of_a_demo(run):
    """Whether a folder holds a run of the preset that the demo trains."""
    from keras_gans import runs

    try:
        return runs.RunConfig.read(run).preset.name == PRESET
    except (OSError, ValueError, TypeError, KeyError):
        return False


def commands(out, images=None):
    """Returns the commands of the demo, each a list of words.

    Args:
        out: `pathlib.Path`. Folder for everything.
        images: str. Length of the training; `None` means the preset's.
    """
    export = str(out / "run" / "export")
    train = ["keras-gans", "train", "progan", "--preset", PRESET, "--out", str(out / "run")]
    hub_grid, grid, walk = (str(out / name) for name in PICTURES)
    return [
        train + (["--images", images] if images else []),
        ["keras-gans", "check", export],
        ["python", "-c", HUB_PROGRAM, export, hub_grid],
        ["keras-gans", "generate", export, "--seeds", "0-63", "--scale", "4", "--out", grid],
        [
            *("keras-gans", "interpolate", export, "--seeds", "1,2,3,4,1", "--frames", "60"),
            *("--scale", "8", "--out", walk),
        ],
    ]


def start(command):
    """Prints a command, runs it with this Python, and returns its exit code.

    Args:
        command: list of str. Its first word is "keras-gans" or "python".
    """
    program, *words = command
    shown = shlex.join([program, *("..." if "\n" in word else word for word in words)])
    print(f"\n$ {shown}", flush=True)
    script = program == "python"
    real = [sys.executable, *([] if script else ["-m", "keras_gans_cli"]), *words]
    # TensorFlow and TF-Hub warn much while they load; a program that fails shows all of it.
    done = subprocess.run(real, stderr=subprocess.PIPE if script else None, text=True)
    if done.returncode:
        print(done.stderr or "", file=sys.stderr)
    return done.returncode
