"""Run state.

What a resumed run needs, written so that a kill at any moment costs at most one save interval.
"""

import collections
import fcntl
import json
import math
import os
import re
import shutil
import socket
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gans import atomic, paths
from keras_gans.training.distribution import is_chief

DAMAGED = "damaged"  # folder of checkpoints that could not be read, beside those that could
NAME = re.compile(r"(ckpt-(\d+))\.(index|data-\d+-of-\d+)")


class RunState:
    """Saves and restores a trainer: networks, averages, optimizers and counters in one `tf.train.Checkpoint`.

    Random numbers and the order of the data are functions of the counters, so that a resumed run equals an
    uninterrupted one bit for bit. Every checkpoint carries the names and shapes of its variables; one of
    another architecture is refused by name. A checkpoint that cannot be read is passed over for the one
    before.

    What counts is which files there are: neither a lost file `checkpoint`, TensorFlow's own list, nor a
    character that TensorFlow reads as a pattern in the path hides a checkpoint.

    Args:
        directory: path. Folder of the checkpoints. Left-overs of a killed save are removed from it.
        trainer: a compiled `AdversarialTrainer`, or anything with `state()` and `distribute_strategy`.
        max_to_keep: int. Checkpoints to keep.
        clean: bool. Whether to make the folder, and to remove what a killed save left in it. A run that only
            reads the checkpoints of another run passes `False`.

    Attributes:
        unreadable: dict of `pathlib.Path` to str. Checkpoints that `restore` or `restore_networks` passed
            over, and why. The next save moves their files into the folder `damaged`.

    Example:
    ```python
    state = RunState("run/checkpoints", trainer)
    if state.latest:
        state.restore()
    trainer.fit(...)
    state.save()
    ```
    """

    def __init__(self, directory, trainer, *, max_to_keep=3, clean=True):
        self.directory = Path(directory)
        self.trainer = trainer
        self.max_to_keep = max_to_keep
        self.chief = is_chief(trainer.distribute_strategy)
        self.unreadable = {}
        if clean:
            self.directory.mkdir(parents=True, exist_ok=True)
        if clean and self.chief:
            self._remove_left_overs()

    @property
    def latest(self):
        """Path prefix of the newest checkpoint with all its files that is not in `unreadable`, or `None`."""
        checkpoints = self.checkpoints().items()
        whole = [path for path, missing in checkpoints if not missing and path not in self.unreadable]
        return str(whole[0]) if whole else None

    def checkpoints(self):
        """Returns dict of path prefix to what is missing of its files, or `None`; the newest comes first."""
        return find_checkpoints(self.directory)

    @property
    def nbytes(self):
        """Bytes of one checkpoint, without the few kilobytes of names."""
        held = [variable for group in self.trainer.state().values() for variable in group]
        return sum(math.prod(variable.shape) * tf.as_dtype(variable.dtype).size for variable in held)

    def save(self):
        """Writes a checkpoint named after the images seen and returns its path.

        Of several workers only the chief writes; the others get `None`.

        Raises:
            FloatingPointError: if a weight is not finite, naming it. Nothing is written.
            keras_gans.paths.DiskFull: if there is no room for it. What was there before stays.
        """
        if not self.chief:
            return None
        state = self.trainer.state()
        _check_finite(state)
        path = self.directory / f"ckpt-{int(self.trainer.images_seen.numpy())}"
        try:
            with paths.without_patterns(self.directory) as directory:
                _checkpoint(state).write(str(directory / path.name))
            self.unreadable.pop(path, None)
            self._tidy(path)
        except (OSError, tf.errors.OpError) as error:
            if not paths.is_disk_full(error):
                raise
            self._remove_left_overs()
            raise paths.DiskFull.at(path, self.nbytes) from error
        return str(path)

    def restore(self):
        """Restores the newest checkpoint that can be read and returns its path.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: if it belongs to another architecture, listing variables that differ; or if none of
                those that are there can be read, with what is wrong with each.
        """
        return self._read(self.trainer.state(), read_manifest)

    def restore_networks(self):
        """Restores networks and averages alone from the newest checkpoint that can be read; returns its path.

        For training that starts with what another run learnt: its optimizers and counters stay there.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: as of `restore`, for the networks alone.
        """
        state = self.trainer.network_state()

        def stored_networks(prefix):
            return {name: group for name, group in read_manifest(prefix).items() if name in state}

        return self._read(state, stored_networks)

    def _read(self, state, manifest_of):
        """Reads the newest checkpoint that can be read into `state`; `manifest_of` says what is compared."""
        self.unreadable.clear()
        with paths.without_patterns(self.directory) as directory:
            for path, missing in self.checkpoints().items():
                prefix = str(directory / path.name)
                try:
                    if missing:
                        raise FileNotFoundError(f"its {missing} is missing")
                    _compare(manifest_of(prefix), _manifest(state), path)
                    _checkpoint(state).read(prefix).assert_existing_objects_matched()
                    return str(path)
                except FileNotFoundError as error:
                    self.unreadable[path] = str(error)
                except IndexError:  # what TensorFlow raises where data end too early
                    self.unreadable[path] = "its data file is cut off"
                except (OSError, tf.errors.OpError):
                    self.unreadable[path] = "its bytes are damaged"
        if not self.unreadable:
            raise FileNotFoundError(f"There is no checkpoint in {self.directory}")
        listed = "\n  ".join(f"{path.name}: {reason}" for path, reason in self.unreadable.items())
        raise ValueError(
            f"No checkpoint in {self.directory} can be read:\n  {listed}\n"
            "Bring the files back from a copy, or begin a new run in another --out."
        )

    def _tidy(self, written):
        """Keeps the checkpoint just written and the newest others; sets aside what could not be read."""
        for path in list(self.unreadable):
            folder = self.directory / DAMAGED
            folder.mkdir(exist_ok=True)
            for file in files_of(path):
                file.replace(folder / file.name)
            del self.unreadable[path]
        others = [path for path, missing in self.checkpoints().items() if not missing and path != written]
        kept = [written, *others[: self.max_to_keep - 1]]
        # TensorFlow's own tools find the checkpoints in this file; nothing here depends on it.
        lines = [f'model_checkpoint_path: "{written.name}"']
        lines += [f'all_model_checkpoint_paths: "{path.name}"' for path in reversed(kept)]
        atomic.write_file(self.directory / "checkpoint", ("\n".join(lines) + "\n").encode())
        for path in others[self.max_to_keep - 1 :]:
            for file in files_of(path):
                file.unlink()

    def _remove_left_overs(self):
        """Removes what a save left that did not come to its end."""
        for left_over in self.directory.glob("*_temp"):
            shutil.rmtree(left_over, ignore_errors=True)
        for left_over in self.directory.glob("*.tempstate*"):
            left_over.unlink(missing_ok=True)


def find_checkpoints(directory):
    """Returns the checkpoints of a folder, the newest first.

    Args:
        directory: path. A folder that need not exist.

    Returns:
        dict of path prefix, `pathlib.Path`, to `None`, or to the word for the file that is missing: "index
        file" or "data file".
    """
    directory, files = Path(directory), {}
    for entry in directory.iterdir() if directory.is_dir() else ():
        if match := NAME.fullmatch(entry.name):
            files.setdefault(match[1], []).append(match[3])
    found = {}
    for name in sorted(files, key=lambda name: int(name.removeprefix("ckpt-")), reverse=True):
        shards = collections.Counter(kind.rpartition("-")[2] for kind in files[name] if kind != "index")
        complete = any(int(number) == count for number, count in shards.items())
        missing = "index file" if "index" not in files[name] else None if complete else "data file"
        found[directory / name] = missing
    return found


def files_of(path):
    """Returns the files of a checkpoint, whose prefix is given."""
    return [entry for entry in path.parent.iterdir() if entry.name.startswith(f"{path.name}.")]


def _checkpoint(state):
    variables = {name: [v.value for v in group] for name, group in state.items()}
    return tf.train.Checkpoint(manifest=tf.Variable(json.dumps(_manifest(state))), **variables)


def _manifest(state):
    return {
        name: [[variable.path, list(variable.shape)] for variable in group] for name, group in state.items()
    }


def read_manifest(path):
    """Returns `{group: [[variable path, shape], ...]}` of a checkpoint."""
    reader = tf.train.load_checkpoint(path)
    return json.loads(reader.get_tensor("manifest/.ATTRIBUTES/VARIABLE_VALUE"))


def _compare(stored, wanted, path):
    # Names inside a group may carry the number of the object in its process ("adam_1"): only
    # order and shapes count.
    differences = []
    for group in sorted(set(stored) | set(wanted)):
        left, right = stored.get(group, []), wanted.get(group, [])
        for i in range(max(len(left), len(right))):
            a = left[i] if i < len(left) else None
            b = right[i] if i < len(right) else None
            if a is None or b is None or a[1] != b[1]:
                differences.append(f"{group}: checkpoint {a or 'nothing'}, network {b or 'nothing'}")
    if differences:
        listed = "\n  ".join(differences[:10])
        more = f"\n  and {len(differences) - 10} more" if len(differences) > 10 else ""
        raise ValueError(
            f"The checkpoint {path} belongs to another architecture or optimizer. "
            f"It differs in\n  {listed}{more}"
        )


def _check_finite(state):
    for name, group in state.items():
        for variable in group:
            if not np.all(np.isfinite(np.asarray(variable.numpy(), "float32"))):
                raise FloatingPointError(
                    f"{name}: {variable.path} holds values that are not finite; no checkpoint was written"
                )


class RunLock:
    """Keeps a second process out of a run directory; ends with the process, however that ends.

    Args:
        directory: path. The run directory.

    Example:
    ```python
    with RunLock("run"):
        ...
    ```
    """

    def __init__(self, directory):
        self.path = Path(directory) / "run.lock"

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a+", encoding="utf-8")
        try:
            # The kernel releases the lock of a process that died: nothing can go stale.
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.seek(0)
            owner = self.file.read().strip() or "another process"
            self.file.close()
            raise RuntimeError(
                f"The run directory {self.path.parent} is in use by {owner}. "
                "Wait for it, or choose another --out."
            ) from None
        with paths.writing(self.path):
            self.file.truncate(0)
            self.file.write(f"pid {os.getpid()} on {socket.gethostname()}")
            self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.truncate(0)
        self.file.close()
