"""What commands share: opening a generator, progress on the terminal, pictures in files."""

import os
import sys


def open_generator(name):
    """Opens an export by its path or name; ValueError if it translates images."""
    from keras_gans import hub

    model = hub.load(name)
    if isinstance(model, hub.Translator):
        raise ValueError(
            f"{model.name} takes images, not latents: use `keras-gans translate`. A generator is needed here"
        )
    return model


def open_diffusion(name, *signatures):
    """Opens an export of a diffusion model by its path or name.

    Args:
        name: str.
        *signatures: str. What it must have besides those of every diffusion model.

    Raises:
        ValueError: it is none, or lacks a signature.
    """
    from keras_gans import hub

    model = open_generator(name)
    if not isinstance(model, hub.DiffusionGenerator):
        missing = [needed for needed in hub.DiffusionGenerator.NEEDED if needed not in model.signatures]
        raise ValueError(f"{name} is no diffusion model: it has no {' and no '.join(missing)}")
    model.require(*signatures)
    return model


def read_latents(model, options, truncation=None):
    """Latents of `--seeds`, or of the file `--latents`."""
    from keras_gans import hub

    if options.seeds is not None:
        return model.latents(options.seeds, truncation=truncation)
    latents = hub.load_latents(options.latents, model)
    if latents.shape[1:] != model.latent_shape:
        raise ValueError(f"--latents takes latents. {options.latents} holds styles")
    return latents


def read_image(path):
    """Reads an image file: uint8 array `(height, width, 3)`; ValueError, which names it, if that fails."""
    from keras_gans.data import decoding

    try:
        return decoding.decode(path, name=str(path))
    except decoding.BadImage as error:
        raise ValueError(f"{path}: {error.reason}") from error


def save_latents(model, latents, options):
    """Writes latents to `--save-latents`, if it is given."""
    from keras_gans import hub

    if options.save_latents is not None:
        hub.save_latents(options.save_latents, latents, model)
        print(f"{options.save_latents}: {len(latents)} latents")


def note_truncation(model, truncation):
    """Says where a truncation acts on the latents themselves."""
    if truncation is not None and model.truncates == "latents":
        print(f"No input `truncation`: latents are confined to [-{truncation:g}, {truncation:g}].")


def pixels(make, count, scale=1):
    """uint8 pictures, `(count, height, width, channels)`, made part by part, with progress.

    Args:
        make: callable, slice -> float32 images in `[0, 1]`.
        count: int.
        scale: int. How often every pixel is shown in both directions.
    """
    from keras_gans import images
    from keras_gans.hub.saved import in_batches

    made = in_batches(lambda part: images.unit_to_uint8(make(part)), count, what="images", progress=progress)
    return images.enlarge(made, scale)


def write_grid(path, pictures, columns):
    """Writes uint8 pictures as a grid; folders above are made."""
    from keras_gans import images

    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    images.write_png(path, images.grid(pictures, columns=columns))


def progress(what, done, total):
    """Counts on the terminal; silent where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r{what} {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
