"""Trains a diffusion model (arXiv 2006.11239, with the cosine schedule of 2102.09672) and exports it.

python train/ddpm.py                                     the embedded emoji, sized for two CPU cores
python train/ddpm.py --conditional                       with class labels, for guided sampling
python train/ddpm.py --preset ddpm_cosine_cifar10_32 --strategy mirrored
python train/ddpm.py --data photos/ --resolution 64      your own images
python train/ddpm.py --out runs/my_run --resume          goes on where a run stopped
"""

import common


def build(config, num_classes):
    """Returns the trainer and its schedule."""
    import keras

    from keras_gans import networks, training

    process = keras.saving.deserialize_keras_object(config["process"])
    denoiser = networks.UNet(
        resolution=config["resolution"],
        num_classes=num_classes,
        learned_variance=process.variance.outputs > 1,
        **config["network"],
        name="denoiser",
    )
    trainer = training.DiffusionTrainer(
        denoiser,
        process,
        sampling_steps=config["sampling_steps"],
        label_dropout=0.1 if num_classes else 0.0,
        min_snr_gamma=config["min_snr_gamma"],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
    )
    return trainer, common.constant_schedule(config)


def optimizer(config, player, learning_rate):
    """Returns Adam with warm-up and clipping (2006.11239, appendix B and its released code)."""
    import keras

    from keras_gans import training

    warm_up = keras.optimizers.schedules.PolynomialDecay(
        0.0, decay_steps=config["warm_up_steps"], end_learning_rate=learning_rate
    )
    return training.GuardedAdam(warm_up, clip_norm=1.0, epsilon=1e-8)


if __name__ == "__main__":
    common.main("ddpm", "DDPM", build, optimizer, description=__doc__)
