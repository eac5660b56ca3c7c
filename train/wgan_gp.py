"""Trains a Wasserstein GAN with gradient penalty (arXiv 1704.00028) on residual networks and exports it.

python train/wgan_gp.py                                    the embedded emoji, sized for two CPU cores
python train/wgan_gp.py --conditional                      with class labels (AC-GAN)
python train/wgan_gp.py --preset wgan_gp_cifar10_32 --strategy mirrored
python train/wgan_gp.py --data photos/ --resolution 64     your own images
python train/wgan_gp.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("wgan_gp", __doc__))
