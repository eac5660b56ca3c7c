"""Trains StarGAN v2 (arXiv 1912.01865), images into the styles of several domains, and exports it.

python train/stargan_v2.py                                three emoji styles, sized for two CPU cores
python train/stargan_v2.py --data pets/                   your own images, a folder for each domain
python train/stargan_v2.py --preset stargan_v2_afhq_256 --data afhq/train --strategy mirrored
python train/stargan_v2.py --out runs/my_run --resume     goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("stargan_v2", __doc__))
