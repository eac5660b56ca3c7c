"""Trains a StyleGAN2 (arXiv 1912.04958), with adaptive augmentation (2006.06676), and exports it.

python train/stylegan2.py                                   the embedded emoji, sized for two CPU cores
python train/stylegan2.py --data photos/ --resolution 64    your own images
python train/stylegan2.py --data pets/ --init-from runs/faces --freeze-d 4    from another run's networks
python train/stylegan2.py --preset stylegan2_ffhq_256 --data ffhq/ --strategy mirrored
python train/stylegan2.py --out runs/my_run --resume        goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import losses, training

    r1 = config["r1"] if config["gamma"] is None else {**config["r1"], "weight": config["gamma"]}
    path_length = config["path_length"]
    augmentation = None if config["no_ada"] else config["augmentation"]
    trainer = training.StyleGAN2(
        *common.networks(config, num_classes),
        mixing_probability=config["mixing_probability"],
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=[losses.R1(**r1)],
        generator_terms=[losses.PathLength(**path_length)] if path_length else [],
        augmentation=augmentation and keras.saving.deserialize_keras_object(augmentation),
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


def flags(add):
    """Adds the flags that only this model has."""
    add(
        "--gamma",
        type=float,
        help="weight of R1: more for more varied or larger images (default: the preset's)",
    )
    add("--no-ada", action="store_true", help="show the discriminator images as they are")


def optimizer(config, player, learning_rate):
    """Returns Adam, corrected for the lazy term of a player (1912.04958, appendix B).

    The paper corrects for an update of its own that the lazy term has there. Here the term joins the others
    in one update, every `interval` steps.
    """
    lazy = {"discriminator": config["r1"], "generator": config["path_length"]}[player]
    share = lazy["interval"] / (lazy["interval"] + 1) if lazy else 1.0
    betas = {name: beta**share for name, beta in config["optimizer"].items()}
    return common.adam({"optimizer": betas}, player, learning_rate * share)


if __name__ == "__main__":
    common.main("stylegan2", "StyleGAN2", build, optimizer, description=__doc__, add_flags=flags)
