"""Trains pix2pix (arXiv 1611.07004), image to image from pairs, and exports it.

python train/pix2pix.py                                   one emoji style to another, sized for two CPU cores
python train/pix2pix.py --data photos/,drawings/          your own pairs: files of equal names in two folders
python train/pix2pix.py --preset pix2pix_facades_256 --data right-to-left:facades/train
python train/pix2pix.py --out runs/my_run --resume        goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses, training

    def network(player):
        entry = config["network"][player]
        return keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], "name": player}})

    trainer = training.Pix2Pix(
        network("generator"),
        network("discriminator"),
        adversarial_loss=losses.ScaledLoss(losses.NonSaturating(), discriminator_weight=0.5),
        generator_terms=[losses.TargetReconstruction(weight=100.0)],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


optimizer = common.adam  # section 3.3


if __name__ == "__main__":
    common.main("pix2pix", "pix2pix", build, optimizer, description=__doc__)
