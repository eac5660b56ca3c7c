"""Two logical CPUs, set up before TensorFlow starts; the same seed and the same policy for every test."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
tf.config.experimental.enable_tensor_float_32_execution(False)


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
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
