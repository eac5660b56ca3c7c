"""Trains a StyleGAN2 (arXiv 1912.04958), with adaptive augmentation (2006.06676), and exports it.

python train/stylegan2.py                                   the embedded emoji, sized for two CPU cores
python train/stylegan2.py --data photos/ --resolution 64    your own images
python train/stylegan2.py --data pets/ --init-from runs/faces --freeze-d 4    from another run's networks
python train/stylegan2.py --preset stylegan2_ffhq_256 --data ffhq/ --strategy mirrored
python train/stylegan2.py --out runs/my_run --resume        goes on where a run stopped
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("stylegan2", __doc__))
