"""Trains a SAGAN (arXiv 1805.08318) and exports it.

python train/sagan.py                                    the embedded emoji, sized for two CPU cores
python train/sagan.py --conditional                      with class labels
python train/sagan.py --data photos/                     your own images
python train/sagan.py --preset sagan_imagenet_128 --strategy mirrored
python train/sagan.py --out runs/my_run --resume         goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("sagan", __doc__))
