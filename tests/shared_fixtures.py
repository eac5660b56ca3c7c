"""Two logical CPUs, set up before TensorFlow starts; the same seed and the same policy for every test."""

import collections
import ctypes
import fcntl
import functools
import gc
import hashlib
import os
import sys
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from keras_gans.training.distribution import get_strategy

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
tf.config.experimental.enable_tensor_float_32_execution(False)


def pytest_configure(config):
    """Leaves out optimisation of graphs and of code, and AutoGraph, unless the full matrices run.

    They take longer than what so small graphs gain, and nothing here needs AutoGraph: `fit` and exports do
    without it. Programs in processes of their own have all of it.
    """
    if config.option.markexpr in ("not full", "not slow and not full"):
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
        tf.function = functools.partial(tf.function, autograph=False)


def pytest_collection_finish(session):
    """What is imported lives to the end: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    if sys.platform == "linux":
        # Memory that is freed is kept: asking the system for it again costs more than these tests use.
        for option, size in ((-1, 2**30), (-2, 2**26), (-3, 2**25)):  # M_TRIM_, M_TOP_PAD, M_MMAP_THRESHOLD
            getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)(option, size)


SHARED = {"cli", "hub", "latent", "metrics"}  # folders of tests that call exports and leave them as they are
_LOADED = collections.OrderedDict()
_load = tf.saved_model.load


def _load_once(path, *args, **options):
    """`tf.saved_model.load`, once for all exports with the same content."""
    content = hashlib.sha256(repr((args, options)).encode())
    for part in (Path(path) / "saved_model.pb", *sorted(Path(path).glob("variables/*"))):
        content.update(part.read_bytes() if part.is_file() else b"none")
    key = content.digest()
    if key not in _LOADED:
        _LOADED[key] = _load(path, *args, **options)
    _LOADED.move_to_end(key)
    while len(_LOADED) > 40:
        _LOADED.popitem(last=False)
    return _LOADED[key]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    shared = item.path.parent.name in SHARED
    tf.saved_model.load = _load_once if shared else _load


@pytest.fixture(autouse=True)
def fresh_start():
    """A seed before each test, the float32 policy around it."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")


def _run_eagerly():
    """Functions, those of `fit` too, run without a trace, which costs more than a few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


eagerly = pytest.fixture(_run_eagerly)
untraced = pytest.fixture(_run_eagerly, scope="module")


@pytest.fixture(scope="session")
def two_replicas():
    """A `MirroredStrategy` of two replicas on one machine."""
    return get_strategy("mirrored")  # a second strategy on the same devices would disturb it


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """`once(name, make)` -> path of a folder that `make(folder)` filled, in one worker for all.

    What it holds is read by all tests of a run and changed by none.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def get(name, make):
        folder = root / f"once-{name}"
        with open(root / f"{folder.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                unfinished = tmp_path_factory.mktemp(name)
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return get
