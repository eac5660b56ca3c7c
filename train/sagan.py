"""Trains a SAGAN (arXiv 1805.08318) and exports it.

python train/sagan.py                                    the embedded emoji, sized for two CPU cores
python train/sagan.py --conditional                      with class labels
python train/sagan.py --data photos/                     your own images
python train/sagan.py --preset sagan_imagenet_128 --strategy mirrored
python train/sagan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses, networks

    shape = {"resolution": config["resolution"], "num_classes": num_classes}
    generator = networks.SAGANGenerator(**shape, **config["network"]["generator"], name="generator")
    discriminator = networks.SAGANDiscriminator(
        **shape, **config["network"]["discriminator"], name="discriminator"
    )
    return common.latent_gan(config, generator, discriminator, adversarial_loss=losses.Hinge())


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (section 4)."""
    import keras

    options = config["optimizer"]
    factor = options["discriminator_factor"] if player == "discriminator" else 1.0
    return keras.optimizers.Adam(
        factor * learning_rate, beta_1=options["beta_1"], beta_2=options["beta_2"], epsilon=1e-8
    )


if __name__ == "__main__":
    common.main("sagan", "SAGAN", build, optimizer, description=__doc__)
