"""Trains a Wasserstein GAN with clipped weights (arXiv 1701.07875) on DCGAN's networks and exports it.

python train/wgan.py                                    the embedded emoji, sized for two CPU cores
python train/wgan.py --conditional                      with class labels
python train/wgan.py --data photos/ --resolution 64     your own images
python train/wgan.py --preset wgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/wgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule.

    The critic's clipping belongs to its network. The public implementation also gives the critic 100 steps at
    the very start and now and then; algorithm 1 does not, and neither does this.
    """
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.Wasserstein())


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (algorithm 1)."""
    import keras

    # Keras adds epsilon under the root: 1e-16 there is 1e-8 beside it. Behind clipped weights gradients are
    # so small that more would count.
    return keras.optimizers.RMSprop(learning_rate, rho=config["optimizer"]["rho"], epsilon=1e-16)


if __name__ == "__main__":
    common.main("wgan", "WGAN", build, optimizer, description=__doc__)
