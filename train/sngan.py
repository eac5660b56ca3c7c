"""Trains an SN-GAN (arXiv 1802.05957), with classes by projection (1802.05637), and exports it.

python train/sngan.py                                    the embedded emoji, sized for two CPU cores
python train/sngan.py --preset sngan_cifar10_32          without classes
python train/sngan.py --data photos/ --resolution 64     your own images, a folder for each class
python train/sngan.py --preset sngan_imagenet_128 --strategy mirrored
python train/sngan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses

    def network(player):
        entry = config["network"][player]
        shape = {"resolution": config["resolution"], "num_classes": num_classes, "name": player}
        return keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], **shape}})

    return common.latent_gan(
        config, network("generator"), network("discriminator"), adversarial_loss=losses.Hinge()
    )


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (section 4 and table 1)."""
    import keras

    return keras.optimizers.Adam(learning_rate, **config["optimizer"], epsilon=1e-8)


if __name__ == "__main__":
    common.main("sngan", "SN-GAN", build, optimizer, description=__doc__)
