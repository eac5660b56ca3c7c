"""Trains StarGAN (arXiv 1711.09020), from each of several domains to each, and exports it.

python train/stargan.py                                   skin tones of emoji, sized for two CPU cores
python train/stargan.py --data summer/,autumn/,winter/    your own images, a folder for each domain
python train/stargan.py --preset stargan_celeba_128       five attributes of faces
python train/stargan.py --out runs/my_run --resume        goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses, training

    def network(player, **more):
        entry = config["network"][player]
        more = {"num_classes": num_classes, "name": player, **more}
        return keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], **more}})

    classification, identity = config["classification_weight"], config["identity_weight"]
    trainer = training.StarGAN(
        network("generator"),  # of any resolution
        network("discriminator", resolution=config["resolution"]),
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=[
            losses.GradientPenalty(weight=config["penalty_weight"]),
            losses.RealDomainClassification(weight=classification),
        ],
        generator_terms=[
            losses.TargetDomainClassification(weight=classification),
            losses.DomainReconstruction(weight=config["reconstruction_weight"]),
            *([losses.DomainIdentity(weight=identity)] if identity else []),
        ],
        discriminator_steps=config["discriminator_steps"],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


def optimizer(config, player, learning_rate):
    """Returns Adam, whose rate falls to 0 in the second half of the run (section 5.3)."""
    import keras

    from keras_gans import training

    schedule = config["schedule"]
    images = config.get("images") or schedule["images"]
    steps = images / schedule["batch_sizes"][config["resolution"]]
    steps *= config["discriminator_steps"] if player == "discriminator" else 1
    rate = training.LinearDecay(learning_rate, steps=max(1, round(steps)))
    return keras.optimizers.Adam(rate, **config["optimizer"], epsilon=1e-8)


if __name__ == "__main__":
    common.main("stargan", "StarGAN", build, optimizer, description=__doc__)
