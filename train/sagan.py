"""Trains a SAGAN (arXiv 1805.08318) and exports it.

python train/sagan.py                                    the embedded emoji, sized for two CPU cores
python train/sagan.py --conditional                      with class labels
python train/sagan.py --data photos/                     your own images
python train/sagan.py --preset sagan_imagenet_128 --strategy mirrored
python train/sagan.py --out runs/my_run --resume         goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    from keras_gans import losses

    return common.latent_gan(config, num_classes, adversarial_loss=losses.Hinge())


optimizer = common.adam  # section 4


if __name__ == "__main__":
    common.main("sagan", "SAGAN", build, optimizer, description=__doc__)
