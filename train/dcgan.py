"""Trains a DCGAN (arXiv 1511.06434) and exports it.

python train/dcgan.py                                    the embedded emoji, sized for two CPU cores
python train/dcgan.py --conditional                      with class labels
python train/dcgan.py --data photos/ --resolution 64     your own images
python train/dcgan.py --preset dcgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/dcgan.py --out runs/my_run --resume         goes on where a run stopped
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
    return common.latent_gan(config, generator, discriminator, adversarial_loss=losses.NonSaturating())


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (section 4)."""
    import keras

    return keras.optimizers.Adam(
        learning_rate, beta_1=config["optimizer"]["beta_1"], beta_2=0.999, epsilon=1e-8
    )


if __name__ == "__main__":
    common.main("dcgan", "DCGAN", build, optimizer, description=__doc__)
