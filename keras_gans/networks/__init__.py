"""Networks, one file a family: its generator and its discriminator."""

from keras_gans.networks.biggan import BigGANDiscriminator, BigGANGenerator
from keras_gans.networks.biggan_deep import BigGANDeepDiscriminator, BigGANDeepGenerator
from keras_gans.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gans.networks.folding import folded
from keras_gans.networks.gan import GANDiscriminator, GANGenerator
from keras_gans.networks.progan import ProGANDiscriminator, ProGANGenerator
from keras_gans.networks.sngan import (
    SNGANCNNDiscriminator,
    SNGANCNNGenerator,
    SNGANDiscriminator,
    SNGANGenerator,
)
from keras_gans.networks.standing_statistics import standing_statistics
from keras_gans.networks.truncation import truncated
from keras_gans.networks.unet import UNet
from keras_gans.networks.wgan_gp import (
    WGANGPCIFARDiscriminator,
    WGANGPDiscriminator,
    WGANGPGenerator,
)

__all__ = [
    "BigGANDeepDiscriminator",
    "BigGANDeepGenerator",
    "BigGANDiscriminator",
    "BigGANGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "GANDiscriminator",
    "GANGenerator",
    "ProGANDiscriminator",
    "ProGANGenerator",
    "SNGANCNNDiscriminator",
    "SNGANCNNGenerator",
    "SNGANDiscriminator",
    "SNGANGenerator",
    "UNet",
    "WGANGPCIFARDiscriminator",
    "WGANGPDiscriminator",
    "WGANGPGenerator",
    "folded",
    "standing_statistics",
    "truncated",
]
