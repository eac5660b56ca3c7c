"""Trains a Progressive GAN (arXiv 1710.10196) and exports it.

python train/progan.py                                    the embedded emoji, sized for two CPU cores
python train/progan.py --data photos/ --resolution 128    your own images
python train/progan.py --preset progan_celeba_128 --strategy mirrored
python train/progan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("progan", __doc__))
