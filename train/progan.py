"""Trains a Progressive GAN (arXiv 1710.10196) and exports it.

python train/progan.py                                    the embedded emoji, sized for two CPU cores
python train/progan.py --data photos/ --resolution 128    your own images
python train/progan.py --preset progan_celeba_128 --strategy mirrored
python train/progan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses, networks, training

    shape = {"resolution": config["resolution"], "num_classes": num_classes}
    shape.update({key: config["network"][key] for key in ("channel_base", "channel_max")})
    latent_dim = config["network"]["latent_dim"]
    generator = networks.ProGANGenerator(**shape, latent_dim=latent_dim, name="generator")
    discriminator = networks.ProGANDiscriminator(
        **shape, minibatch_group_size=config["minibatch_group_size"], name="discriminator"
    )
    conditional = num_classes > 0
    trainer = training.ProgressiveGAN(
        generator,
        discriminator,
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=[
            losses.GradientPenalty(weight=10.0, target=1.0),
            losses.Drift(weight=1e-3),
            *([losses.RealFakeClassification()] if conditional else []),
        ],
        generator_terms=[losses.FakeClassification()] if conditional else [],
        average=training.ExponentialMovingAverage(decay=0.999),
        seed=config["seed"],
    )
    schedule = training.GrowthSchedule(resolutions=generator.resolutions, **config["schedule"])
    return trainer, schedule


def optimizer(config, player, learning_rate):
    """Returns the optimizer of either player (appendix A.1)."""
    import keras

    return keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)


if __name__ == "__main__":
    common.main("progan", "Progressive GAN", build, optimizer, description=__doc__)
