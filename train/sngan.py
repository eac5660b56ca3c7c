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
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.Hinge())


optimizer = common.adam  # 1802.05957, section 4 and table 1


if __name__ == "__main__":
    common.main("sngan", "SN-GAN", build, optimizer, description=__doc__)
