"""Trains a DCGAN (arXiv 1511.06434) and exports it.

python train/dcgan.py                                    the embedded emoji, sized for two CPU cores
python train/dcgan.py --conditional                      with class labels
python train/dcgan.py --data photos/ --resolution 64     your own images
python train/dcgan.py --preset dcgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/dcgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("dcgan", __doc__))
