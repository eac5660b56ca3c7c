"""Entry point of the command `keras-gans`, and a quiet start for programs.

Outside of the package, because importing the package imports TensorFlow, which takes seconds and writes a
page to the terminal while it loads. Libraries should not change that; programs may: this one reads its
arguments first, so that `--help` and a mistyped flag are answered at once.
"""

import contextlib
import importlib
import os
import sys

reads_arguments = False  # while it is true, importing keras_gans imports the package alone, without its parts
EXIT_INTERRUPTED, EXIT_PIPE = 130, 141  # 128 and the number of the signal


def import_quietly():
    """Imports keras_gans while nothing can write to standard error, and keeps TensorFlow to real failures.

    TensorFlow's first lines come from native code before it reads its settings; exceptions are not affected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import keras_gans

        if not hasattr(keras_gans, "load"):  # imported while arguments were read
            importlib.reload(keras_gans)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def main():
    """Runs `keras_gans.cli`; returns its exit code. Ctrl-C ends the process with 130."""
    global reads_arguments
    with _ended_quietly():
        reads_arguments = True
        try:
            from keras_gans import cli
        finally:
            reads_arguments = False
        return cli.main(prepare=import_quietly)


def train(model, description):
    """Runs `keras-gans train MODEL` for a script, with the script's own text for --help."""
    with _ended_quietly():
        import_quietly()
        from keras_gans.cli import train

        return train.main(model, description=description)


@contextlib.contextmanager
def _ended_quietly():
    """Ends a program as shells expect, without a page of frames, where Ctrl-C or `| head` ends it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would flush it again
        sys.exit(EXIT_PIPE)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
