"""The whole way in a few minutes: trains a small Progressive GAN on the embedded emoji, exports and checks
it, loads it with `hub.load` and draws from it. Every command is printed before it runs; each works by
itself.
"""

import argparse
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


def run(*command, quiet=False):
    """Prints a command and runs it; if it fails, ends with its exit code. `quiet` hides warnings."""
    shown = ["..." if "\n" in word else word for word in command]
    shown[0] = Path(shown[0]).name
    print(f"\n$ {shlex.join(shown)}", flush=True)
    done = subprocess.run(command, stderr=subprocess.PIPE if quiet else None, text=True)
    if done.returncode:
        print(done.stderr or "", file=sys.stderr)
        sys.exit(done.returncode)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", default="demo", help="folder for everything; an older demo there is replaced"
    )
    parser.add_argument("--images", help="length of the training (default: the preset's)")
    arguments = parser.parse_args(argv)
    out, started = Path(arguments.out), time.monotonic()
    if out.exists():
        if not (out / "run" / "config.json").exists():
            parser.error(f"{out} exists and is no demo. Choose another --out.")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    python = sys.executable
    script = str(Path(__file__).with_name("progan.py"))
    length = ["--images", arguments.images] if arguments.images else []
    run(python, script, "--preset", "progan_emoji_16", "--out", str(out / "run"), *length)
    export = str(out / "run" / "export")
    tool = str(Path(python).with_name("keras-gans"))
    run(tool, "check", export)
    run(python, "-c", HUB_PROGRAM, export, str(out / "hub_grid.png"), quiet=True)
    run(tool, "generate", export, "--seeds", "0-63", "--scale", "4", "--out", str(out / "grid.png"))
    run(
        tool,
        "interpolate",
        export,
        "--seeds",
        "1,2,3,4,1",
        "--frames",
        "60",
        "--scale",
        "8",
        "--out",
        str(out / "walk.gif"),
    )
    print(f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes. Look at:")
    for name in ("run/samples", "grid.png", "hub_grid.png", "walk.gif", "run/export/README.md"):
        print(f"  {out / name}")


if __name__ == "__main__":
    main()
