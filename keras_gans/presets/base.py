"""What presets are made of."""


def configured(name, **config):
    """An object of this package as Keras writes it to JSON."""
    return {
        "class_name": name,
        "config": config,
        "module": None,
        "registered_name": f"keras_gans>{name}",
    }


def adversarial(
    model,
    resolution,
    *,
    paper,
    generator,
    discriminator,
    batch_size,
    learning_rate,
    steps,
    optimizer,
    discriminator_steps=1,
    average=None,
    **more,
):
    """Returns the preset of a GAN that is trained at one resolution.

    Args:
        model: str. Name of the training script.
        resolution: int. Height and width in pixels.
        paper: str. Its address.
        generator: dict. The network as `configured` writes it, without resolution and classes, which come
            from the run.
        discriminator: dict. Likewise.
        batch_size: int. Images of one update, over all replicas.
        learning_rate: float. The generator's.
        steps: int. Updates of the generator.
        optimizer: dict. What the script builds the optimizers from, besides the learning rate.
        discriminator_steps: int. Updates of the discriminator for one of the generator, each on images of
            its own: the batch of the data is `discriminator_steps * batch_size`.
        average: dict. Arguments of `ExponentialMovingAverage`; `None` means that the paper has none, and
            the weights themselves are shown and exported.
        **more: further entries, or others for `flip` and `precision`.
    """
    batch_size *= discriminator_steps
    return {
        "model": model,
        "resolution": resolution,
        "paper": paper,
        "network": {"generator": generator, "discriminator": discriminator},
        "optimizer": optimizer,
        "discriminator_steps": discriminator_steps,
        "average": average or {"decay": 0.0},
        "schedule": {
            "images": steps * batch_size,
            "batch_sizes": {resolution: batch_size},
            "learning_rates": {resolution: learning_rate},
        },
        "flip": True,
        "precision": "float32",
        **more,
    }
