"""Two logical CPUs, set up before TensorFlow starts; the same seed and the same policy for every test."""

import fcntl
import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf

from keras_gans.training.distribution import get_strategy

pytest_plugins = ["small_exports"]

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
tf.config.experimental.enable_tensor_float_32_execution(False)


def pytest_configure(config):
    """Leaves out optimisation of graphs and of code, unless the full matrices run.

    It takes longer than what so small graphs gain. Programs in processes of their own have graphs optimised.
    """
    if config.option.markexpr in ("not full", "not slow and not full"):
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


def pytest_collection_finish(session):
    """What is imported lives to the end: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def fresh_start():
    """A seed before each test, the float32 policy around it."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")


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
