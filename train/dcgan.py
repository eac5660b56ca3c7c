"""Trains a DCGAN (arXiv 1511.06434) and exports it.

python train/dcgan.py                                    the embedded emoji, sized for two CPU cores
python train/dcgan.py --conditional                      with class labels
python train/dcgan.py --data photos/ --resolution 64     your own images
python train/dcgan.py --preset dcgan_lsun_64 --data bedrooms/ --strategy mirrored
python train/dcgan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.NonSaturating())


optimizer = common.adam  # section 4


if __name__ == "__main__":
    common.main("dcgan", "DCGAN", build, optimizer, description=__doc__)
