"""Registration with Keras and the base class of everything that has a configuration but no weights."""

import inspect

import keras

PACKAGE = "keras_gans"


def register(cls):
    """Registers `cls` with Keras under this package's name, so that saved models find it again."""
    return keras.saving.register_keras_serializable(package=PACKAGE)(cls)


class Configurable:
    """An object that is fully described by the arguments of its constructor.

    Losses, terms, schedules and samplers derive from it. A subclass stores every constructor argument under
    the argument's own name; `get_config` reads them back from the signature.

    Example:
    ```python
    penalty = keras_gans.losses.GradientPenalty(weight=10.0)
    same = keras_gans.losses.GradientPenalty.from_config(penalty.get_config())
    ```
    """

    def get_config(self):
        """Returns the constructor's arguments as a dictionary."""
        parameters = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in parameters if name != "self"}

    @classmethod
    def from_config(cls, config):
        """Builds the object that `get_config` described."""
        return cls(**config)

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"
