"""Trains CycleGAN (arXiv 1703.10593), image to image without pairs, and exports both directions.

python train/cyclegan.py                                  two emoji styles, sized for two CPU cores
python train/cyclegan.py --data summer/,winter/           your own images, two folders
python train/cyclegan.py --preset cyclegan_horse2zebra_256 --data horses/,zebras/
python train/cyclegan.py --out runs/my_run --resume       goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses, training

    def network(player, name):
        entry = config["network"][player]
        return keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], "name": name}})

    trainer = training.CycleGAN(
        network("generator", "forward_generator"),
        network("generator", "backward_generator"),
        network("discriminator", "target_discriminator"),
        network("discriminator", "source_discriminator"),
        resolution=config["resolution"],
        pool_size=config["pool_size"],
        # `LeastSquares` halves both sides, the paper the discriminator's alone (section 4).
        adversarial_loss=losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0),
        generator_terms=[
            losses.CycleConsistency(weight=config["cycle_weight"]),
            losses.IdentityMapping(weight=config["identity_weight"]),
        ],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


def optimizer(config, player, learning_rate):
    """Returns Adam, whose rate falls to 0 in the second half of the run (section 4)."""
    import keras

    from keras_gans import training

    schedule = config["schedule"]
    images = config.get("images") or schedule["images"]
    steps = max(1, round(images / schedule["batch_sizes"][config["resolution"]]))
    rate = training.LinearDecay(learning_rate, steps=steps)
    return keras.optimizers.Adam(rate, **config["optimizer"], epsilon=1e-8)


if __name__ == "__main__":
    common.main("cyclegan", "CycleGAN", build, optimizer, description=__doc__)
