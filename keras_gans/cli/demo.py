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
    parser.add_argument(
        "--out", default="demo", help="folder for everything; an older demo there is replaced"
    )
    parser.add_argument("--images", help="length of the training (default: the preset's)")


def run(options):
    """Runs all commands; returns the exit code of the first that fails, or 0."""
    out, started = Path(options.out), time.monotonic()
    if out.exists():
        if not (out / "run" / "config.json").exists():
            raise ValueError(f"{out} exists and is no demo. Choose another --out.")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    for command in commands(out, options.images):
        code = start(command)
        if code:
            return code
    print(f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes. Look at:")
    for name in ("run/samples", "grid.png", "hub_grid.png", "walk.gif", "run/export/README.md"):
        print(f"  {out / name}")
    return 0


def commands(out, images=None):
    """Returns the commands of the demo, each a list of words.

    Args:
        out: `pathlib.Path`. Folder for everything.
        images: str. Length of the training; `None` means the preset's.
    """
    export = str(out / "run" / "export")
    train = ["keras-gans", "train", "progan", "--preset", "progan_emoji_16", "--out", str(out / "run")]
    return [
        train + (["--images", images] if images else []),
        ["keras-gans", "check", export],
        ["python", "-c", HUB_PROGRAM, export, str(out / "hub_grid.png")],
        ["keras-gans", "generate", export, "--seeds", "0-63", "--scale", "4", "--out", str(out / "grid.png")],
        [
            *("keras-gans", "interpolate", export, "--seeds", "1,2,3,4,1", "--frames", "60"),
            *("--scale", "8", "--out", str(out / "walk.gif")),
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
