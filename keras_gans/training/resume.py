"""Run state.

What a resumed run needs, written so that a kill at any moment costs at most one save interval.
"""

import fcntl
import json
import os
import shutil
import socket
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gans.training.distribution import is_chief


class RunState:
    """Saves and restores a trainer: networks, averages, optimizers and counters in one `tf.train.Checkpoint`.

    Random numbers and the order of the data are functions of the counters, so that a resumed run equals an
    uninterrupted one bit for bit. Every checkpoint carries the names and shapes of its variables; one of
    another architecture is refused by name.

    Args:
        directory: path. Folder of the checkpoints. Left-overs of a killed save are removed from it.
        trainer: a compiled `AdversarialTrainer`, or anything with `state()` and `distribute_strategy`.
        max_to_keep: int. Checkpoints to keep.
        clean: bool. Whether to make the folder, and to remove what a killed save left in it. A run that only
            reads the checkpoints of another run passes `False`.

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
        if clean:
            self.directory.mkdir(parents=True, exist_ok=True)
        if clean and self.chief:
            for left_over in self.directory.glob("*_temp"):
                shutil.rmtree(left_over, ignore_errors=True)
            for left_over in self.directory.glob("*.tempstate*"):
                left_over.unlink(missing_ok=True)

    @property
    def latest(self):
        """Path prefix of the newest checkpoint, or `None`."""
        return tf.train.latest_checkpoint(str(self.directory))

    def save(self):
        """Writes a checkpoint named after the images seen and returns its path.

        Of several workers only the chief writes; the others get `None`.

        Raises:
            FloatingPointError: if a weight is not finite, naming it. Nothing is written.
        """
        if not self.chief:
            return None
        state = self.trainer.state()
        _check_finite(state)
        manager = tf.train.CheckpointManager(
            _checkpoint(state), str(self.directory), max_to_keep=self.max_to_keep
        )
        return manager.save(checkpoint_number=int(self.trainer.images_seen.numpy()))

    def restore(self):
        """Restores the newest checkpoint and returns its path.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: if it belongs to another architecture, listing variables that differ.
        """
        path = self._existing()
        state = self.trainer.state()
        _compare(read_manifest(path), _manifest(state), path)
        status = _checkpoint(state).restore(path)
        status.assert_existing_objects_matched()
        return path

    def restore_networks(self):
        """Restores networks and averages alone from the newest checkpoint, and returns its path.

        For training that starts with what another run learnt: its optimizers and counters stay there.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: if its networks have another architecture, listing variables that differ.
        """
        path = self._existing()
        state = self.trainer.network_state()
        stored = {name: group for name, group in read_manifest(path).items() if name in state}
        _compare(stored, _manifest(state), path)
        _checkpoint(state).restore(path).assert_existing_objects_matched()
        return path

    def _existing(self):
        if self.latest is None:
            raise FileNotFoundError(f"There is no checkpoint in {self.directory}")
        return self.latest


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
        self.file.truncate(0)
        self.file.write(f"pid {os.getpid()} on {socket.gethostname()}")
        self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.truncate(0)
        self.file.close()
