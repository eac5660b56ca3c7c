"""`keras-gans` and the training scripts in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Runs a Python file whose few steps cost less than a trace.
UNTRACED = """
import runpy, sys
import tensorflow as tf
tf.config.run_functions_eagerly(True)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(*words, **environment):
    """Starts a Python program: `-c` and its text, or a file; its output is one stream of lines."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def finish(process, code=0):
    """Waits for the end with that exit code and returns what was printed."""
    output = process.communicate(timeout=600)[0]
    assert process.returncode == code, output[-3000:]
    return output


def wait_for_images(process, images):
    """Reads the output until the run has seen that many images."""
    for line in process.stdout:
        count = line.split("/")[0].strip().replace(",", "")
        if count.isdigit() and int(count) >= images:
            return
    raise AssertionError("the run ended early")
