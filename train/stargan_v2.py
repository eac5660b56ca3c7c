"""Trains StarGAN v2 (arXiv 1912.01865), images into the styles of several domains, and exports it.

python train/stargan_v2.py                                three emoji styles, sized for two CPU cores
python train/stargan_v2.py --data pets/                   your own images, a folder for each domain
python train/stargan_v2.py --preset stargan_v2_afhq_256 --data afhq/train --strategy mirrored
python train/stargan_v2.py --out runs/my_run --resume     goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses, training

    size, domains = {"resolution": config["resolution"]}, {"num_classes": num_classes}

    def network(name, **shape):
        entry = config["network"][name]
        changed = {**entry["config"], **shape, "name": name}
        return keras.saving.deserialize_keras_object({**entry, "config": changed})

    trainer = training.StarGANv2Trainer(
        network("generator", **size),
        network("mapping_network", **domains),
        network("style_encoder", **size, **domains),
        network("discriminator", **size, **domains),
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=[losses.R1(weight=config["r1_weight"])],
        generator_terms=[
            losses.StyleReconstruction(weight=config["style_weight"]),
            losses.StyleDiversity(
                weight=losses.LinearWeight(
                    first=config["diversity_weight"],
                    last=0.0,
                    images=config.get("images") or config["schedule"]["images"],
                )
            ),
            losses.SourceConsistency(weight=config["cycle_weight"]),
        ],
        mapping_rate=config["mapping_rate"],
        weight_decay=config["weight_decay"],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


def optimizer(config, player, learning_rate):
    """Returns Adam, in which the mapping network can have a rate of its own (appendix B)."""
    from keras_gans import training

    return training.GroupedAdam(learning_rate, **config["optimizer"], epsilon=1e-8)


if __name__ == "__main__":
    common.main("stargan_v2", "StarGAN v2", build, optimizer, description=__doc__)
