"""Networks, one file a family: its generator and its discriminator."""

from keras_gans.networks.progan import ProGANDiscriminator, ProGANGenerator
from keras_gans.networks.unet import UNet

__all__ = ["ProGANDiscriminator", "ProGANGenerator", "UNet"]
