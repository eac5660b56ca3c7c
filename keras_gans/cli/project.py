"""`keras-gans project`: the latents of photographs."""

import math
from pathlib import Path

from keras_gans.cli import pictures, terminal
from keras_gans.cli.arguments import positive

STEPS, RESTARTS, FEATURE_WEIGHT = 500, 4, 1.0
LATENTS, FILM = "latents.npz", "search.gif"
AMPLIFIED = 4  # differences, as the sheet shows them
FRAMES, FPS = 50, 15  # of the film
MOST_LINES = 20  # one for each image
INTERRUPTED = 130


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Searches for the latents or styles whose images are nearest to photographs, by gradient descent "
        "through a generator. The largest square of each photograph is cut from its middle and resized to "
        "the size of the model, as `keras-gans prepare` does it; transparent pixels become white. The folder "
        "gets NAME.png, what the model makes of each, sheet.png (photograph, projection, their difference "
        f"times {AMPLIFIED}), {FILM}, a film of the search, and {LATENTS}, which `generate`, `interpolate` "
        "and `mix` take in place of seeds. Ctrl-C ends the search, and writes the best of it.",
        "stylegan2_emoji_32 photo.png folder/ --space w+ --out projected/",
    )
    parser.add_argument("directory", metavar="MODEL", help="an exported generator, by its path or its name")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders or zips of them")
    parser.add_argument(
        "--space",
        choices=("z", "w", "w+"),
        help="z: latents, as seeds make them: the model's own kind of image, far from most photographs. w: "
        "one style for all layers, nearer, and good to edit. w+: a style for each layer, the nearest, which "
        "may be no image of the model's kind (default: w+ of a model with styles, otherwise z)",
    )
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="class, by name or by number from 0 (default: the class that fits best)",
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=STEPS,
        metavar="N",
        help=f"of the search: more are nearer, and take longer (default: {STEPS})",
    )
    parser.add_argument(
        "--restarts",
        type=positive,
        default=RESTARTS,
        metavar="N",
        help=f"random images, the nearest of many, from which the search begins; the best goes on (default: "
        f"{RESTARTS})",
    )
    parser.add_argument(
        "--features",
        default="auto",
        metavar="NAME",
        help="what is compared besides pixels: efficientnet-lite0 (extra `metrics`), pixels (at four sizes), "
        "saved-model:PATH, auto (the first whose weights are there), or none (default: auto)",
    )
    parser.add_argument(
        "--pixel-weight", type=float, default=1.0, metavar="W", help="of differences of pixels (default: 1)"
    )
    parser.add_argument(
        "--feature-weight",
        type=float,
        default=FEATURE_WEIGHT,
        metavar="W",
        help=f"of differences of features (default: {FEATURE_WEIGHT:g})",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the search (default: 0)")
    content = f"a PNG of each, {pictures.SHEET}, {FILM}, enlarged as the sheet is, and {LATENTS}"
    pictures.add_folder(parser, content, scale=4)


def run(options):
    """Runs the command."""
    import functools

    import numpy as np

    from keras_gans import hub, images, latent

    found, out = pictures.find(options.images), Path(options.out)

    def paths(picture):
        return [out / f"{picture.name}.png"]

    pictures.check(found, out, paths, others=[out / LATENTS, out / FILM], overwrite=options.overwrite)
    model = terminal.open_generator(options.directory)
    if isinstance(model, hub.DiffusionGenerator):
        raise ValueError(
            f"{model.name} is a diffusion model: `invert` of `keras_gans.load` finds its latents of an image"
        )
    targets = np.stack([_fitted(picture, model) for picture in found])
    names = ("space", "label", "steps", "restarts", "pixel_weight", "feature_weight", "seed")
    given = {name: getattr(options, name) for name in names} | {"features": distance(options.features)}
    projection = model.project(targets, **given, frames=FRAMES, progress=terminal.progress)
    made = images.unit_to_uint8(projection.images)
    found, targets = found[: len(made)], targets[: len(made)]
    out.mkdir(parents=True, exist_ok=True)
    hub.save_latents(out / LATENTS, projection.rows, model, labels=projection.labels)
    for picture, image in zip(found, made, strict=True):
        images.write_png(paths(picture)[0], image)
    apart = np.abs(made.astype(int) - targets)
    differing = np.minimum(AMPLIFIED * apart, 255).astype("uint8")
    show = functools.partial(images.enlarge, factor=options.scale)
    rows = zip(*(show(each[: pictures.MOST_SHOWN]) for each in (targets, made, differing)), strict=True)
    sheet = pictures.sheet([[pictures.thumbnail(one) for one in row] for row in rows])
    images.write_png(out / pictures.SHEET, sheet)
    frames = [film_frame(targets, images.unit_to_uint8(frame)) for frame in projection.frames]
    latent.write(out / FILM, show(np.stack(frames)), fps=FPS)
    _tell(model, projection, found, apart.mean(axis=(1, 2, 3)) / 255.0, out)
    return INTERRUPTED if projection.interrupted else 0


def _fitted(picture, model):
    """The photograph as the model can make it: uint8, of its size."""
    from keras_gans import data, images
    from keras_gans.data import decoding

    size = model.image_shape[:2]
    if None in size:
        raise ValueError(
            f"Photographs are cut to the size of a model's images, which {model.name} does not say: "
            f"{model.image_shape}; `keras_gans.load(...).project` takes arrays of any size"
        )
    try:
        channels = images.channels_of(model.image_shape)
        return decoding.fit(picture.decode(), resolution=size, crop="center", channels=channels)
    except data.BadImage as error:
        raise ValueError(
            f"{picture.path}: {error.reason}. Photographs need at least the {size[1]} x {size[0]} pixels of "
            f"{model.name}, and are never enlarged"
        ) from error


def distance(name):
    """Returns the distance of images that `--features` names, `None` for none."""
    from keras_gans.metrics import perceptual

    return None if name == "none" else perceptual.perceptual_distance(perceptual.resolve(name))


def film_frame(targets, made):
    """A picture of the film: pairs of target and image, at most as many as the sheet has."""
    import numpy as np

    from keras_gans.images import grid

    count = min(len(made), pictures.MOST_SHOWN)
    pairs = np.stack([targets[:count], made[:count]], axis=1).reshape(-1, *made.shape[1:])
    return grid(pairs, columns=2 * math.ceil(math.sqrt(count / 2)), padding=1)


def _tell(model, projection, found, apart, out):
    """Prints what became of each image, and what can be done with the latents."""
    for number, picture in enumerate(found[:MOST_LINES]):
        label = "" if projection.labels is None else f", class {_name(model, projection.labels[number])}"
        print(f"{picture.name}: mean absolute difference {apart[number]:.3f}{label}")
    if len(found) > MOST_LINES:
        print(f"... and {len(found) - MOST_LINES} more")
    how = "interrupted after" if projection.interrupted else "after"
    print(
        f"{out}: {len(found)} projected to {projection.space}, {how} {len(projection.history)} steps of the "
        f"search; {LATENTS} goes where seeds go, such as `generate {model.name} --seeds {out / LATENTS}`"
    )


def _name(model, label):
    return model.class_names[label] if model.class_names else str(label)
