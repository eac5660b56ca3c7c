"""Trains latent diffusion (arXiv 2112.10752), first its autoencoder and then its denoiser, and exports both.

python train/latent_diffusion.py                         the embedded emoji, sized for two CPU cores
python train/latent_diffusion.py --conditional           with class labels, for guided sampling
python train/latent_diffusion.py --data photos/ --resolution 128
python train/latent_diffusion.py --autoencoder runs/autoencoder/export    with one that is trained already
python train/latent_diffusion.py --out runs/my_run --resume               goes on where a run stopped

The autoencoder is a run of its own in the folder `autoencoder` of the run directory. Both stages stop and
go on at any place.
"""

import sys

import keras_gans_cli

if __name__ == "__main__":
    sys.exit(keras_gans_cli.train("latent_diffusion", __doc__))
