"""Trains the first GAN (arXiv 1406.2661), dense layers only, and exports it.

python train/gan.py                                    the embedded emoji, sized for two CPU cores
python train/gan.py --conditional                      with class labels: see also train/cgan.py
python train/gan.py --preset gan_mnist_16
python train/gan.py --data photos/ --resolution 16     your own images
python train/gan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("gan", __doc__))
