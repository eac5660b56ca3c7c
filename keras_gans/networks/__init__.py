"""Networks, one file a family: its generator and its discriminator."""

from keras_gans.networks.autoencoder import Autoencoder, KLAutoencoder, VQAutoencoder
from keras_gans.networks.biggan import BigGANDiscriminator, BigGANGenerator
from keras_gans.networks.biggan_deep import BigGANDeepDiscriminator, BigGANDeepGenerator
from keras_gans.networks.cyclegan import CycleGANGenerator, CycleGANTranslator
from keras_gans.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gans.networks.folding import folded
from keras_gans.networks.freezing import freeze
from keras_gans.networks.gan import GANDiscriminator, GANGenerator
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.networks.patchgan import PatchGANDiscriminator
from keras_gans.networks.pix2pix import Pix2PixGenerator
from keras_gans.networks.progan import ProGANDiscriminator, ProGANGenerator
from keras_gans.networks.reconstructor import LeNetReconstructor, ResNet18Reconstructor
from keras_gans.networks.sagan import SAGANDiscriminator, SAGANGenerator
from keras_gans.networks.sngan import (
    SNGANCNNDiscriminator,
    SNGANCNNGenerator,
    SNGANDiscriminator,
    SNGANGenerator,
)
from keras_gans.networks.standing_statistics import standing_statistics
from keras_gans.networks.stargan import StarGANDiscriminator, StarGANGenerator
from keras_gans.networks.stargan_v2 import (
    StarGANv2,
    StarGANv2Discriminator,
    StarGANv2Generator,
    StarGANv2MappingNetwork,
    StarGANv2StyleEncoder,
)
from keras_gans.networks.style_generator import mix_styles, truncate_styles
from keras_gans.networks.stylegan import StyleGANDiscriminator, StyleGANGenerator
from keras_gans.networks.stylegan2 import (
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGAN2PlainDiscriminator,
    StyleGAN2ResidualGenerator,
    StyleGAN2SkipDiscriminator,
)
from keras_gans.networks.truncated_latents import truncated
from keras_gans.networks.unet import UNet
from keras_gans.networks.wgan_gp import (
    WGANGPCIFARDiscriminator,
    WGANGPDiscriminator,
    WGANGPGenerator,
)

__all__ = [
    "Autoencoder",
    "BigGANDeepDiscriminator",
    "BigGANDeepGenerator",
    "BigGANDiscriminator",
    "BigGANGenerator",
    "CycleGANGenerator",
    "CycleGANTranslator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "GANDiscriminator",
    "GANGenerator",
    "ImageDiscriminator",
    "KLAutoencoder",
    "LatentGenerator",
    "LeNetReconstructor",
    "PatchGANDiscriminator",
    "Pix2PixGenerator",
    "ProGANDiscriminator",
    "ProGANGenerator",
    "ResNet18Reconstructor",
    "SAGANDiscriminator",
    "SAGANGenerator",
    "SNGANCNNDiscriminator",
    "SNGANCNNGenerator",
    "SNGANDiscriminator",
    "SNGANGenerator",
    "StarGANDiscriminator",
    "StarGANGenerator",
    "StarGANv2",
    "StarGANv2Discriminator",
    "StarGANv2Generator",
    "StarGANv2MappingNetwork",
    "StarGANv2StyleEncoder",
    "StyleGAN2Discriminator",
    "StyleGAN2Generator",
    "StyleGAN2PlainDiscriminator",
    "StyleGAN2ResidualGenerator",
    "StyleGAN2SkipDiscriminator",
    "StyleGANDiscriminator",
    "StyleGANGenerator",
    "UNet",
    "VQAutoencoder",
    "WGANGPCIFARDiscriminator",
    "WGANGPDiscriminator",
    "WGANGPGenerator",
    "folded",
    "freeze",
    "mix_styles",
    "standing_statistics",
    "truncate_styles",
    "truncated",
]
