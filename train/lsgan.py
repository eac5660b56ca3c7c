"""Trains a least squares GAN (arXiv 1611.04076) on DCGAN's networks and exports it.

python train/lsgan.py                                    the embedded emoji, sized for two CPU cores
python train/lsgan.py --conditional                      with class labels
python train/lsgan.py --data photos/ --resolution 64     your own images
python train/lsgan.py --preset lsgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/lsgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses

    # a, b and c of equation 9: the 0-1 coding.
    loss = losses.LeastSquares(fake_target=0.0, real_target=1.0, generator_target=1.0)
    return common.latent_gan(config, num_classes, adversarial_loss=loss)


optimizer = common.adam  # section 4.1


if __name__ == "__main__":
    common.main("lsgan", "LSGAN", build, optimizer, description=__doc__)
