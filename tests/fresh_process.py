"""One process with TensorFlow and without keras_gans, which answers for all tests of a worker.

Run as a script it reads a line of JSON for every request and prints a line for every answer.
"""

import atexit
import functools
import json
import subprocess
import sys
import traceback


@functools.cache
def _process():
    command = [sys.executable, "-P", __file__]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    return process


def run_signatures(path, given, taken):
    """Calls signatures of an export in the fresh process.

    Args:
        path: path of the export.
        given: path of the `.npz` file of the arguments, named "signature/rows/argument".
        taken: path of the `.npz` file to write, with outputs named "signature/rows/output".

    Raises:
        RuntimeError: with the traceback of the other process.
    """
    process = _process()
    process.stdin.write(json.dumps([str(path), str(given), str(taken)]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if json.loads(answer or '"the process has ended"'):
        raise RuntimeError(answer)


def _answer(path, given, taken):
    import numpy as np
    import tensorflow as tf

    loaded, calls, results = tf.saved_model.load(path), {}, {}
    for key, array in np.load(given).items():
        name, rows, argument = key.split("/")
        calls.setdefault((name, rows), {})[argument] = tf.constant(array)
    for (name, rows), arguments in calls.items():
        for key, tensor in loaded.signatures[name](**arguments).items():
            results[f"{name}/{rows}/{key}"] = tensor.numpy()
    np.savez(taken, **results)


if __name__ == "__main__":
    sys.modules["keras_gans"] = None  # importing it fails from here on
    for line in sys.stdin:
        try:
            _answer(*json.loads(line))
            print("null", flush=True)
        except Exception:
            print(json.dumps(traceback.format_exc()), flush=True)
