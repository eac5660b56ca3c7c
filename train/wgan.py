"""Trains a Wasserstein GAN with clipped weights (arXiv 1701.07875) on DCGAN's networks and exports it.

python train/wgan.py                                    the embedded emoji, sized for two CPU cores

The flags are those of train/dcgan.py.
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("wgan", __doc__))
