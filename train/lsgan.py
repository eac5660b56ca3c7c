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
    from keras_gans import losses, networks

    shape = {"resolution": config["resolution"], "num_classes": num_classes}
    generator = networks.DCGANGenerator(**shape, **config["network"]["generator"], name="generator")
    discriminator = networks.DCGANDiscriminator(
        **shape, **config["network"]["discriminator"], name="discriminator"
    )
    # a, b and c of equation 9: the 0-1 coding.
    loss = losses.LeastSquares(fake_target=0.0, real_target=1.0, generator_target=1.0)
    return common.latent_gan(config, generator, discriminator, adversarial_loss=loss)


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (section 4.1)."""
    import keras

    return keras.optimizers.Adam(
        learning_rate, beta_1=config["optimizer"]["beta_1"], beta_2=0.999, epsilon=1e-8
    )


if __name__ == "__main__":
    common.main("lsgan", "LSGAN", build, optimizer, description=__doc__)
