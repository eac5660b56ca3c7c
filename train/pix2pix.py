"""Trains pix2pix (arXiv 1611.07004), image to image from pairs, and exports it.

python train/pix2pix.py                                   one emoji style to another, sized for two CPU cores
python train/pix2pix.py --data photos/,drawings/          your own pairs: files of equal names in two folders
python train/pix2pix.py --preset pix2pix_facades_256 --data right-to-left:facades/train
python train/pix2pix.py --out runs/my_run --resume        goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("pix2pix", __doc__))
