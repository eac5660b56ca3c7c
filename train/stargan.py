"""Trains StarGAN (arXiv 1711.09020), from each of several domains to each, and exports it.

python train/stargan.py                                   skin tones of emoji, sized for two CPU cores
python train/stargan.py --data summer/,autumn/,winter/    your own images, a folder for each domain
python train/stargan.py --preset stargan_celeba_128       five attributes of faces
python train/stargan.py --out runs/my_run --resume        goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("stargan", __doc__))
