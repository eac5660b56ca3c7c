"""Trains a least squares GAN (arXiv 1611.04076) on DCGAN's networks and exports it.

python train/lsgan.py                                    the embedded emoji, sized for two CPU cores

The flags are those of train/dcgan.py.
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("lsgan", __doc__))
