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
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.Hinge())


optimizer = common.adam  # appendix C


if __name__ == "__main__":
    common.main("biggan", "BigGAN", build, optimizer, description=__doc__)
