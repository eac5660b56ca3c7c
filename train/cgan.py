"""Trains a conditional GAN (arXiv 1411.1784), dense layers only, and exports it.

python train/cgan.py                                    the embedded emoji, sized for two CPU cores
python train/cgan.py --preset cgan_mnist_16
python train/cgan.py --data photos/ --resolution 16     your own images, a folder for each class
python train/cgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("cgan", __doc__))
