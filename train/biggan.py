"""Trains a BigGAN or a BigGAN-deep (arXiv 1809.11096) and exports it.

python train/biggan.py                                    the embedded emoji, sized for two CPU cores
python train/biggan.py --data photos/ --resolution 64     your own images, a folder for each class
python train/biggan.py --preset biggan_imagenet_128 --strategy mirrored
python train/biggan.py --preset biggan_deep_imagenet_128 --strategy mirrored
python train/biggan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("biggan", __doc__))
