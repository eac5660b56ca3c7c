"""What commands share: opening a generator, progress on the terminal, pictures in files."""

import os
import sys
from pathlib import Path


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


def read_latents(model, given, truncation=None):
    """Reads what `arguments.seeds_or_file` gave: `keras_gans.hub.Latents`.

    Args:
        model: `keras_gans.hub.Generator`.
        given: list of int, seeds; or `pathlib.Path` of a file of latents or styles.
        truncation: float. As of `Generator.latents`.

    Raises:
        FileNotFoundError, ValueError: as `keras_gans.hub.read_latents`.
    """
    from keras_gans import hub

    if not isinstance(given, Path):
        return hub.Latents(model.latents(given, truncation=truncation))
    latents = hub.read_latents(given, model)
    if latents.noise:
        print(f"{given} has maps of noise, which no export takes: the noise is that of --noise")
    return latents


def are_styles(model, latents):
    """Whether they are styles, which stand behind the class and the truncation."""
    return latents.rows.shape[1:] != model.latent_shape


def refuse_with_styles(label=None, truncation=None, guidance=None):
    """Refuses what acts before styles, where nothing but styles is shown."""
    given = {"--label": label, "--truncation": truncation, "--guidance": guidance}
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise ValueError(
            "The file holds styles, in which class and truncation are settled. "
            f"Leave out {' and '.join(names)}"
        )


def styles_of(model, latents, *, label=None, truncation=None):
    """Returns the styles of latents, and styles as they are: float32 array `(n, num_styles, style_dim)`.

    Args:
        model: `keras_gans.hub.Generator` with styles.
        latents: `keras_gans.hub.Latents`.
        label: as of `Generator.generate`; `None` means that of the file, if it has one.
        truncation: likewise. It does not act on styles.
    """
    if are_styles(model, latents):
        return latents.rows
    label = latents.labels if label is None else label
    return model.styles(latents.rows, label=label, truncation=truncation)


def images_of(model, latents, part, *, label=None, noise=None, **drawn):
    """Returns images of some latents or styles: float32 array in `[0, 1]`.

    Args:
        model: `keras_gans.hub.Generator`.
        latents: `keras_gans.hub.Latents`.
        part: slice. Which of them.
        label: as of `Generator.generate`; `None` means that of the file, if it has one.
        noise: likewise.
        **drawn: `truncation` and `guidance`, likewise.
    """
    if are_styles(model, latents):
        refuse_with_styles(label, **drawn)
        return model.synthesize(latents.rows[part], noise=noise)
    if label is None and latents.labels is not None:
        label = latents.labels[part]
    return model.generate(latents.rows[part], label=label, noise=noise, **drawn)


def read_image(path):
    """Reads an image file: uint8 array `(height, width, 3)`; ValueError, which names it, if that fails."""
    from keras_gans.data import decoding

    try:
        return decoding.decode(path, name=str(path))
    except decoding.BadImage as error:
        raise ValueError(f"{path}: {error.reason}") from error


def save_latents(model, latents, options, label=None):
    """Writes latents, with their classes, to `--save-latents`, if it is given.

    Args:
        model: `keras_gans.hub.Generator`.
        latents: `keras_gans.hub.Latents`.
        options: of the command line.
        label: str. The class that they are shown with; `None` means that of the file, if it has one.
    """
    from keras_gans import hub

    if options.save_latents is not None:
        label = latents.labels if label is None else label
        hub.save_latents(options.save_latents, latents.rows, model, labels=label, noise=latents.noise)
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
