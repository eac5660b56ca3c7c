"""Trains a BigGAN or a BigGAN-deep (arXiv 1809.11096) and exports it.

python train/biggan.py                                    the embedded emoji, sized for two CPU cores
python train/biggan.py --data photos/ --resolution 64     your own images, a folder for each class
python train/biggan.py --preset biggan_imagenet_128 --strategy mirrored
python train/biggan.py --preset biggan_deep_imagenet_128 --strategy mirrored
python train/biggan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule. Orthogonal regularisation belongs to the generator's kernels."""
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
    """Returns the optimizer of a player, "discriminator" or "generator" (appendix C)."""
    import keras

    options = config["optimizer"]
    factor = options["discriminator_factor"] if player == "discriminator" else 1.0
    return keras.optimizers.Adam(
        factor * learning_rate, beta_1=options["beta_1"], beta_2=options["beta_2"], epsilon=1e-8
    )


if __name__ == "__main__":
    common.main("biggan", "BigGAN", build, optimizer, description=__doc__)
