"""Trains a diffusion model (arXiv 2006.11239, with the cosine schedule of 2102.09672) and exports it.

python train/ddpm.py                                     the embedded emoji, sized for two CPU cores
python train/ddpm.py --conditional                       with class labels, for guided sampling
python train/ddpm.py --objective flow                    the same network by flow matching (2210.02747)
python train/ddpm.py --preset ddpm_cosine_cifar10_32 --strategy mirrored
python train/ddpm.py --data photos/ --resolution 64      your own images
python train/ddpm.py --out runs/my_run --resume          goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("ddpm", __doc__))
