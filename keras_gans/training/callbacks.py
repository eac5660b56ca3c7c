"""Callbacks of a run. All of them count in images seen.

Losses are taken from the logs of the step, which are reduced over replicas already: reading a metric on the
host would wait for the other workers.
"""

import contextlib
import datetime
import json
import signal
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_gans import images, paths
from keras_gans.resolution import pair
from keras_gans.training import records

MAX_SKIPS_IN_A_ROW = 10


class NonFiniteError(RuntimeError):
    """Losses or gradients stayed NaN or infinite.

    The message names the losses, the step and the last good checkpoint.
    """


def as_floats(logs):
    """Logs of a step, which have shape `(1,)`, as plain numbers."""
    return {name: float(np.squeeze(value)) for name, value in (logs or {}).items()}


class EveryImages(keras.callbacks.Callback):
    """Calls `act(images_seen, losses)` whenever another `every` images have been seen.

    Args:
        every: int. Interval in images.
    """

    def __init__(self, every):
        super().__init__()
        self.every = every

    def act(self, images_seen, losses):
        """What happens; `losses` are the means of all losses since the last line of the log."""
        raise NotImplementedError

    def on_train_begin(self, logs=None):
        self._done = self._seen() // self.every

    def on_train_batch_end(self, batch, logs=None):
        seen = self._seen()
        if seen // self.every > self._done:
            self._done = seen // self.every
            self.act(seen, as_floats(logs))

    def _seen(self):
        return int(self.model.images_seen.numpy())


class ProgressLog(EveryImages):
    """Appends a JSON line with all losses to a file and prints a line of progress.

    Lines of images that the trainer has not seen, of a run that goes on from before them, are removed.

    Args:
        path: path of the JSON-lines file, or `None` to write nothing and print nothing, as workers other
            than the chief do.
        every: int. Interval in images.
        total_images: int. Length of the run, for the time to go.
        describe: callable. images seen -> what the run is doing, such as "16px fade".
    """

    def __init__(self, path, *, every, total_images, describe):
        super().__init__(every)
        self.path = path
        self.total_images = total_images
        self.describe = describe

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        if self.path is not None:
            records.cut(Path(self.path), self._seen())
        self._restart()

    def act(self, images_seen, losses):
        elapsed = time.monotonic() - self._time
        rate = (images_seen - self._images) / elapsed
        skipped = int(self.model.skipped_steps.numpy())
        record = {
            "images": images_seen,
            "phase": self.describe(images_seen),
            "images_per_second": round(rate, 2),
            "skipped_steps": skipped,
            **{name: round(value, 6) for name, value in losses.items()},
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        self._restart()
        if self.path is None:
            return
        paths.append_line(self.path, json.dumps(record))
        left = datetime.timedelta(seconds=round((self.total_images - images_seen) / rate))
        totals = {name: value for name, value in losses.items() if name.endswith("loss")}
        shown = "  ".join(f"{name.removesuffix('/loss')} {value:.4g}" for name, value in totals.items())
        print(
            f"{images_seen:>9,} / {self.total_images:,} images  {record['phase']:<15}  {shown}  "
            f"{rate:.1f} img/s  {left} left at this speed"
            + (f"  ({skipped} steps skipped)" if skipped else ""),
            flush=True,
        )

    def _restart(self):
        self.model.reset_metrics()
        self._time, self._images = time.monotonic(), self._seen()


class Pictures(EveryImages):
    """Base of the callbacks that write a picture of what a trainer makes, as PNG.

    Args:
        directory: path. Files are named after the images seen.
        inputs: what is made into images.
        every: int. Interval in images.
    """

    def __init__(self, directory, *, inputs, every):
        super().__init__(every)
        self.directory = Path(directory)
        self.inputs = inputs

    def draw(self):
        """Returns the picture, uint8 `(height, width, channels)`."""
        raise NotImplementedError

    def act(self, images_seen, losses):
        picture, path = self.draw(), self.directory / f"{images_seen:010d}.png"
        with paths.writing(path):
            self.directory.mkdir(parents=True, exist_ok=True)
            return images.write_png(path, picture)


class SampleGrid(Pictures):
    """Writes images of the averaged generator from the same latents, as PNG.

    Images of a network that still grows are enlarged to the final size, pixel by pixel.

    Args:
        directory: path. Files are named after the images seen.
        inputs: what the trainer is called with: latents, or `[latents, labels]`.
        resolution: int, or (height, width). Size of one image of the grid.
        every: int. Interval in images.
        columns: int. Images a row.
    """

    def __init__(self, directory, *, inputs, resolution, every, columns):
        super().__init__(directory, inputs=inputs, every=every)
        self.resolution = resolution
        self.columns = columns

    def draw(self):
        """Returns the grid, uint8."""
        samples = images.to_uint8(self.model.generate(self.inputs))
        samples = images.enlarge(samples, pair(self.resolution)[0] // samples.shape[1])
        return images.grid(samples, columns=self.columns)


class SampleSheet(Pictures):
    """Writes what a trainer from images to images makes of the same images, as PNG.

    A row for each example, with input and output and what else the trainer's `sheet` shows.

    Args:
        directory: path. Files are named after the images seen.
        inputs: dict of arrays, as `fit` takes them.
        every: int. Interval in images.
    """

    def draw(self):
        """Returns the sheet, uint8."""
        sheet = images.to_uint8(self.model.sheet(self.inputs))
        return images.grid(sheet.reshape(-1, *sheet.shape[2:]), columns=sheet.shape[1])


class Checkpoints(EveryImages):
    """Saves the run state.

    Args:
        run_state: `RunState`.
        every: int. Interval in images.
    """

    def __init__(self, run_state, *, every):
        super().__init__(every)
        self.run_state = run_state

    def act(self, images_seen, losses):
        self.run_state.save()


class TensorBoard(EveryImages):
    """Writes scalars and sample grids for TensorBoard.

    Args:
        directory: path of the event files.
        grid: `SampleGrid` or `SampleSheet` that draws the images.
        every: int. Interval in images.
    """

    def __init__(self, directory, *, grid, every):
        super().__init__(every)
        try:
            import tensorboard  # noqa: F401
        except ImportError as error:
            raise ImportError(
                "TensorBoard logs need the package tensorboard: pip install keras_gans[tensorboard]"
            ) from error
        self.directory = directory
        self.writer = tf.summary.create_file_writer(str(directory))
        self.grid = grid

    def act(self, images_seen, losses):
        with paths.writing(self.directory), self.writer.as_default(step=images_seen):
            for name, value in losses.items():
                tf.summary.scalar(name, value)
            tf.summary.image("samples", self.grid.draw()[None])
            self.writer.flush()


class StopOnNonFinite(keras.callbacks.Callback):
    """Raises `NonFiniteError` after `MAX_SKIPS_IN_A_ROW` skipped steps in a row.

    Args:
        run_state: `RunState`, to name the last good checkpoint, or `None`.
    """

    def __init__(self, run_state=None):
        super().__init__()
        self.run_state = run_state

    def on_train_batch_end(self, batch, logs=None):
        in_a_row = int(self.model.skips_in_a_row.numpy())
        if in_a_row < MAX_SKIPS_IN_A_ROW:
            return
        losses = as_floats(logs)
        latest = self.run_state and self.run_state.latest
        raise NonFiniteError(
            f"Losses or gradients of the last {in_a_row} steps up to step {int(self.model.step.numpy())} "
            f"({int(self.model.images_seen.numpy())} images) were not finite. "
            f"Means of the finite steps before: {losses}. "
            f"Last good checkpoint: {latest or 'none'}. Try a lower learning rate or float32."
        )


class StopOnSignal(keras.callbacks.Callback):
    """On SIGTERM or the first Ctrl-C: saves after the running step and ends `fit`. The second Ctrl-C ends
    the process.

    Args:
        run_state: `RunState`.

    Attributes:
        stopped: bool. Whether a signal has ended `fit`.
    """

    def __init__(self, run_state):
        super().__init__()
        self.run_state = run_state
        self.stopped = False
        self._signalled = False

    @contextlib.contextmanager
    def installed(self):
        """Handles the signals within a `with` block.

        Only the main thread may do so; elsewhere nothing is handled.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        handlers = {number: signal.signal(number, self._handle) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield self
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _handle(self, number, frame):
        if self._signalled and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signalled = True
        name = signal.Signals(number).name
        print(f"\n{name}: saving after this step; Ctrl-C again ends at once", file=sys.stderr)

    def on_train_batch_end(self, batch, logs=None):
        if self._signalled and not self.stopped:
            self.run_state.save()
            self.stopped = True
            self.model.stop_training = True
