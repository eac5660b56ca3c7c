"""Registration with Keras, and the base classes that keep the arguments of a constructor."""

import functools
import inspect

import keras

from keras_gans.once import Once

PACKAGE = "keras_gans"
KERAS_OWN = ("name", "dtype")  # Keras has properties of these names


def register(cls):
    """Registers `cls` with Keras under this package's name, so that saved models find it again."""
    return keras.saving.register_keras_serializable(package=PACKAGE)(cls)


def parameters_of(cls):
    """Returns the named parameters of a constructor: dict, name -> `inspect.Parameter`.

    Where a constructor passes `**kwargs` on, the parameters of its base classes in this package count too.
    """
    found = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base.__module__.partition(".")[0] in ("keras", "builtins"):
            continue
        own = list(inspect.signature(base.__init__).parameters.values())[1:]
        named = [p for p in own if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        found = {**{p.name: p for p in named}, **found}
        if len(named) == len(own):
            break
    return found


class KeepsArguments:
    """An object that keeps the arguments of its constructor, defaults included.

    `arguments` holds them by name; they are the configuration, so that a class says each argument once. A
    class that changes what it was given, such as a tuple into a list, keeps the changed value with
    `self.keep(name=value)`.
    """

    def __new__(cls, *args, **kwargs):
        make = super().__new__
        instance = make(cls) if make is object.__new__ else make(cls, *args, **kwargs)
        # Partial: what is missing is the constructor's error to raise. Keras also asks for an empty object.
        bound = inspect.signature(cls.__init__).bind_partial(instance, *args, **kwargs)
        given = {}
        for name, value in bound.arguments.items():
            passed_on = bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
            given.update(value if passed_on else {name: value})
        known = parameters_of(cls)
        arguments = {
            n: given.pop(n, p.default) for n, p in known.items() if n in given or p.default is not p.empty
        }
        given.pop(next(iter(bound.signature.parameters)), None)  # self
        object.__setattr__(instance, "arguments", {**arguments, **given})
        return instance

    def keep(self, **values):
        """Replaces kept arguments."""
        object.__setattr__(self, "arguments", {**self.arguments, **values})

    def get_config(self):
        """Returns the constructor's arguments, as JSON can hold them."""
        return {name: to_config(value) for name, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config):
        """Builds the object that `get_config` described."""
        return cls(**keras.saving.deserialize_keras_object(config))


def to_config(value):
    """Returns a value as a configuration holds it: objects as Keras writes them, tuples as lists."""
    if isinstance(value, (list, tuple)):
        return [to_config(item) for item in value]
    if isinstance(value, dict):
        return {key: to_config(item) for key, item in value.items()}
    if isinstance(value, keras.DTypePolicy):
        return value.name
    described = hasattr(value, "get_config") or inspect.isfunction(value)
    return keras.saving.serialize_keras_object(value) if described else value


class Configurable(KeepsArguments):
    """An object that is fully described by the arguments of its constructor.

    Losses, terms, schedules and samplers derive from it. Every argument is an attribute of its own name.

    Example:
    ```python
    penalty = keras_gans.losses.GradientPenalty(weight=10.0)
    same = keras_gans.losses.GradientPenalty.from_config(penalty.get_config())
    ```
    """

    def __new__(cls, *args, **kwargs):
        instance = super().__new__(cls, *args, **kwargs)
        for name, value in instance.arguments.items():
            object.__setattr__(instance, name, value)
        return instance

    def keep(self, **values):
        """Replaces kept arguments, and the attributes of their names."""
        super().keep(**values)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None

    def __repr__(self):
        shown = {
            name: getattr(value, "__name__", None) or repr(value) for name, value in self.arguments.items()
        }
        arguments = ", ".join(f"{name}={value}" for name, value in shown.items())
        return f"{type(self).__name__}({arguments})"


class Network(KeepsArguments, keras.Model):
    """Base of all networks: a functional `keras.Model` whose constructor's arguments are its configuration.

    A subclass has the keyword arguments `dtype=None` and `name` among its own, makes its layers, and calls
    `super().__init__(inputs, outputs)`. Each of its arguments then is an attribute of the network.

    Attributes:
        policy: `keras.DTypePolicy` that the argument `dtype` means; `None` means the global one.
    """

    def __new__(cls, *args, **kwargs):
        network = super().__new__(cls, *args, **kwargs)
        dtype = network.arguments.get("dtype") or keras.config.dtype_policy()
        network.keep(dtype=keras.dtype_policies.get(dtype))
        return network

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, name=self.arguments["name"], dtype=self.policy)
        for name, value in self.arguments.items():
            if name not in KERAS_OWN:
                setattr(self, name, value)

    @property
    def policy(self):
        return self.arguments["dtype"]

    @functools.cached_property
    def infer(self):
        """The network at inference, as `keras_gans.once.Once`: from its inputs to its outputs."""
        return Once(lambda inputs: self(inputs, training=False), self)

    def get_config(self):
        return {**super().get_config(), "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config):
        trainable = config.get("trainable", True)
        network = super().from_config({k: value for k, value in config.items() if k != "trainable"})
        network.trainable = trainable
        return network
