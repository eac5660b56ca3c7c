"""Trains a StyleGAN (arXiv 1812.04948) and exports it.

python train/stylegan.py                                    the embedded emoji, sized for two CPU cores
python train/stylegan.py --data photos/ --resolution 128    your own images
python train/stylegan.py --preset stylegan_ffhq_1024 --data ffhq/ --strategy mirrored
python train/stylegan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("stylegan", __doc__))
