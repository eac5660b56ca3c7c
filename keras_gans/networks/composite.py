"""Several networks that are saved and exported as one."""

import keras

from keras_gans.serialization import KeepsArguments


class Composite(KeepsArguments, keras.Model):
    """Base of a model that is made of networks and has no weights of its own.

    A subclass has its networks and `name` as arguments, calls `super().__init__(role=network, ...)` with all
    of them, which makes each an attribute, and says what a call does.
    """

    def __init__(self, **networks):
        super().__init__(name=self.arguments["name"])
        for role, network in networks.items():
            setattr(self, role, network)
        self.built = True  # from its networks

    def get_config(self):
        return {**super().get_config(), "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        trainable = config.pop("trainable", True)
        composite = super().from_config(config)
        composite.trainable = trainable
        return composite
