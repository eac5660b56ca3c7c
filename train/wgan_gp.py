"""Trains a Wasserstein GAN with gradient penalty (arXiv 1704.00028) on residual networks and exports it.

python train/wgan_gp.py                                    the embedded emoji, sized for two CPU cores
python train/wgan_gp.py --conditional                      with class labels (AC-GAN)
python train/wgan_gp.py --preset wgan_gp_cifar10_32 --strategy mirrored
python train/wgan_gp.py --data photos/ --resolution 64     your own images
python train/wgan_gp.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule.

    Class terms have the weights of the public implementation, 1 and 0.1; there the critic learns classes from
    real images only, and the generator's batch is twice as large.
    """
    from keras_gans import losses

    conditional = num_classes > 0
    return common.latent_gan(
        config,
        num_classes,
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=[
            losses.GradientPenalty(weight=10.0),
            *([losses.RealFakeClassification(weight=1.0)] if conditional else []),
        ],
        generator_terms=[losses.FakeClassification(weight=0.1)] if conditional else [],
    )


def optimizer(config, player, learning_rate):
    """Returns the optimizer of a player, "discriminator" or "generator" (algorithm 1; CIFAR-10: appendix)."""
    import keras

    numbers = config["optimizer"]
    if numbers["decay_steps"] is not None:  # counted in steps of the generator, straight to 0
        steps = config["discriminator_steps"] if player == "discriminator" else 1
        learning_rate = keras.optimizers.schedules.PolynomialDecay(
            learning_rate, decay_steps=numbers["decay_steps"] * steps, end_learning_rate=0.0
        )
    return keras.optimizers.Adam(
        learning_rate, beta_1=numbers["beta_1"], beta_2=numbers["beta_2"], epsilon=1e-8
    )


if __name__ == "__main__":
    common.main("wgan_gp", "WGAN-GP", build, optimizer, description=__doc__)
