"""Trains a StyleGAN (arXiv 1812.04948) and exports it.

python train/stylegan.py                                    the embedded emoji, sized for two CPU cores
python train/stylegan.py --data photos/ --resolution 128    your own images
python train/stylegan.py --preset stylegan_ffhq_1024 --data ffhq/ --strategy mirrored
python train/stylegan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses, training

    generator, discriminator = common.networks(config, num_classes)
    trainer = training.StyleGAN(
        generator,
        discriminator,
        mixing_probability=config["mixing_probability"],
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=[losses.R1(**config["r1"])],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    # It starts at 8 px.
    return trainer, training.GrowthSchedule(resolutions=generator.resolutions[1:], **config["schedule"])


optimizer = common.adam  # appendix C


if __name__ == "__main__":
    common.main("stylegan", "StyleGAN", build, optimizer, description=__doc__)
