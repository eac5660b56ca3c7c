"""Trains an autoencoder for latent diffusion (arXiv 2112.10752, section 3.1) and exports it.

python train/autoencoder.py                              the embedded emoji, sized for two CPU cores
python train/autoencoder.py --preset autoencoder_vq_celebahq_256 --data celebahq/ --strategy mirrored
python train/autoencoder.py --data photos/ --perceptual pixels
python train/autoencoder.py --out runs/my_run --resume    goes on where a run stopped

Its export goes into `python train/latent_diffusion.py --autoencoder EXPORT`, which trains one by itself
where none is named.
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("autoencoder", __doc__))
