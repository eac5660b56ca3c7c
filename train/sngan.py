"""Trains an SN-GAN (arXiv 1802.05957), with classes by projection (1802.05637), and exports it.

python train/sngan.py                                    the embedded emoji, sized for two CPU cores
python train/sngan.py --preset sngan_cifar10_32          without classes
python train/sngan.py --data photos/ --resolution 64     your own images, a folder for each class
python train/sngan.py --preset sngan_imagenet_128 --strategy mirrored
python train/sngan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("sngan", __doc__))
