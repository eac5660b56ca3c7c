"""The base of layers whose constructor's arguments are their configuration."""

import keras

from keras_gans.serialization import KeepsArguments, parameters_of, to_config


class KeptLayer(KeepsArguments, keras.layers.Layer):
    """Base of the layers: each argument of the constructor is an attribute, and all are the configuration.

    Keras' own arguments pass through `**kwargs`; their configuration is that of `keras.layers.Layer`.
    """

    def __new__(cls, *args, **kwargs):
        layer = super().__new__(cls, *args, **kwargs)
        for name in layer.arguments.keys() & parameters_of(cls).keys():
            object.__setattr__(layer, name, layer.arguments[name])
        return layer

    def keep(self, **values):
        """Replaces kept arguments, and the attributes of their names."""
        super().keep(**values)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def get_config(self):
        own = {name: to_config(self.arguments[name]) for name in parameters_of(type(self))}
        return {**keras.layers.Layer.get_config(self), **own}
