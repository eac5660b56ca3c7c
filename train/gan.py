"""Trains the first GAN (arXiv 1406.2661), dense layers only, and exports it.

python train/gan.py                                    the embedded emoji, sized for two CPU cores
python train/gan.py --conditional                      with class labels: see also train/cgan.py
python train/gan.py --preset gan_mnist_16
python train/gan.py --data photos/ --resolution 16     your own images
python train/gan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.NonSaturating())


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (public configuration of the paper).

    The rate falls by a factor at each update; the momentum stays at its first value, where the paper's rises
    to 0.7.
    """
    import keras

    numbers = config["optimizer"]
    rate = keras.optimizers.schedules.ExponentialDecay(
        learning_rate, decay_steps=1, decay_rate=1.0 / numbers["decay"]
    )
    return keras.optimizers.SGD(rate, momentum=numbers["momentum"])


if __name__ == "__main__":
    common.main("gan", "GAN", build, optimizer, description=__doc__)
