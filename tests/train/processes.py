"""Training scripts in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import tensorflow as tf

TRAIN = Path(__file__).parents[2] / "train"


def start(script, *argv, **environment):
    """Starts `train/<script>`; its output is one stream of lines."""
    command = [sys.executable, str(TRAIN / script), *map(str, argv)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process, code=0):
    """Waits for the end with that exit code and returns what was printed."""
    output = process.communicate(timeout=600)[0]
    assert process.returncode == code, output[-3000:]
    return output


def final_state(run):
    """Every variable of the last checkpoint."""
    reader = tf.train.load_checkpoint(str(run / "checkpoints"))
    names = [n for n in reader.get_variable_to_shape_map() if "VARIABLE_VALUE" in n and "manifest" not in n]
    return {n: reader.get_tensor(n) for n in names if not n.startswith("save_counter")}


def wait_for_images(process, images):
    """Reads the output until the run has seen that many images."""
    for line in process.stdout:
        count = line.split("/")[0].strip().replace(",", "")
        if count.isdigit() and int(count) >= images:
            return
    raise AssertionError("the run ended early")
