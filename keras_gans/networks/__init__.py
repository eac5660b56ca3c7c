"""Networks, one file a family: its generator and its discriminator."""

from keras_gans.networks.progan import ProGANDiscriminator, ProGANGenerator

__all__ = ["ProGANDiscriminator", "ProGANGenerator"]
