"""Trains a Wasserstein GAN with clipped weights (arXiv 1701.07875) on DCGAN's networks and exports it.

python train/wgan.py                                    the embedded emoji, sized for two CPU cores
python train/wgan.py --conditional                      with class labels
python train/wgan.py --data photos/ --resolution 64     your own images
python train/wgan.py --preset wgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/wgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("wgan", __doc__))
