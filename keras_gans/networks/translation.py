"""What networks from images to images have in common."""

import keras
from keras import ops

from keras_gans import images
from keras_gans.endpoints import Argument
from keras_gans.layers import InstanceNorm
from keras_gans.networks.dcgan import batch_norm as batch_norm_of_dcgan
from keras_gans.serialization import Network


class OptionalInputs:
    """A functional model whose last inputs may be left out: they are `None` then.

    Arrays and tensors may be mixed.
    """

    def __call__(self, inputs, *args, **kwargs):
        if isinstance(inputs, dict):
            return super().__call__(inputs, *args, **kwargs)
        given = [_tensor(one) for one in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
        given += [None] * (len(self.inputs) - len(given))
        return super().__call__(given if len(given) > 1 else given[0], *args, **kwargs)


class Translator(OptionalInputs, Network):
    """Base of the networks from images to images."""

    def translated(self, pixels, *others):
        """Images in `[0, 1]` from images in `[0, 1]`, the range of exports."""
        return images.to_unit(self.infer([images.from_unit(pixels), *others]))


def _tensor(value):
    return value if value is None or isinstance(value, keras.KerasTensor) else ops.convert_to_tensor(value)


def image_argument(resolution, channels, *, multiple=1, smallest=None):
    """What an export says of a batch of images: their shape, and that they lie in `[0, 1]`.

    Args:
        resolution: int. `None` means any height and width.
        channels: int.
        multiple: int. What height and width must be multiples of where they are open.
        smallest: int. The smallest height and width there; `None` means `multiple`.
    """
    shape = (None, resolution, resolution, channels)
    return Argument(shape, minimum=0.0, maximum=1.0, multiple=multiple, smallest=smallest)


def norm(x, name, *, batch_norm, affine=False, dtype):
    """Batch norm, or instance norm, with weights if `affine`.

    The convolution before it has a bias only where the norm has no weights (and loses it), as in the
    published networks.
    """
    if not batch_norm:
        return InstanceNorm(affine=affine, dtype=dtype, name=name)(x)
    return batch_norm_of_dcgan(name, dtype)(x)
