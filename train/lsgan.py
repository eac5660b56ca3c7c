"""Trains a least squares GAN (arXiv 1611.04076) on DCGAN's networks and exports it.

python train/lsgan.py                                    the embedded emoji, sized for two CPU cores
python train/lsgan.py --conditional                      with class labels
python train/lsgan.py --data photos/ --resolution 64     your own images
python train/lsgan.py --preset lsgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/lsgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("lsgan", __doc__))
