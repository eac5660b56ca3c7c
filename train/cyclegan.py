"""Trains CycleGAN (arXiv 1703.10593), image to image without pairs, and exports both directions.

python train/cyclegan.py                                  two emoji styles, sized for two CPU cores
python train/cyclegan.py --data summer/,winter/           your own images, two folders
python train/cyclegan.py --preset cyclegan_horse2zebra_256 --data horses/,zebras/
python train/cyclegan.py --out runs/my_run --resume       goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("cyclegan", __doc__))
