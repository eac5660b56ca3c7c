"""`keras-gans denoise-strip`: images on their way from noise, or back to it."""

import os

from keras_gans.cli import generator
from keras_gans.cli.arguments import file_name, parse_seeds, positive

NEEDED = ("denoise", "diffuse")


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "denoise-strip",
        run,
        "Writes rows of an image that forms out of noise, from the export of a diffusion model.",
        "runs/ddpm/export --seeds 0-3 --frames 10 --out strip.png",
    )
    generator.add_options(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--seeds", type=parse_seeds, help="a row for each seed, such as 0-3")
    source.add_argument("--images", nargs="+", metavar="FILE", help="a row for each picture; with --forward")
    parser.add_argument("--forward", action="store_true", help="the other way: from the image to noise")
    parser.add_argument("--steps", type=positive, default=50, metavar="N", help="of DDIM (default: 50)")
    parser.add_argument("--frames", type=positive, default=10, metavar="N", help="a row (default: 10)")
    parser.add_argument("--out", type=file_name(".png"), required=True, metavar="FILE", help="a .png file")


def run(options):
    """Runs the command."""
    from keras_gans import images

    if options.images and not options.forward:
        raise ValueError("--images are pictures without noise: add --forward, or give --seeds")
    if options.frames < 2:
        raise ValueError(f"--frames must be at least 2, the first and the last. Received: {options.frames}")
    model = generator.Generator(options)
    model.select(options.label, options.truncation)
    missing = [name for name in NEEDED if name not in model.loaded.signatures]
    if missing:
        raise ValueError(f"{options.directory} is no diffusion model: it has no {' and no '.join(missing)}")
    last = model.content["signatures"]["denoise"]["inputs"]["t"]["limits"][1]
    frames = forward(model, options, last) if options.forward else backward(model, options, last)
    rows, columns = len(frames[0]), len(frames)
    sheet = [images.to_uint8(frames[column][row]) for row in range(rows) for column in range(columns)]
    os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
    images.write_png(options.out, images.grid(images.enlarge(sheet, options.scale), columns=columns))
    print(f"{options.out}: {rows} x {columns} images")


def backward(model, options, last):
    """States of DDIM from pure noise to the image: list of arrays in `[-1, 1]` and noise beyond."""
    import numpy as np
    import tensorflow as tf

    from keras_gans import diffusion

    if not options.steps <= last or options.frames > options.steps + 1:
        raise ValueError(
            f"--steps must be at most {last}, and --frames at most --steps + 1. "
            f"Received: --steps {options.steps} --frames {options.frames}"
        )
    latents = model.latents(options.seeds)
    rows = len(latents)
    shape = model.content["signatures"]["denoise"]["inputs"]["x"]["shape"][1:]
    x = tf.reshape(latents, (-1, *shape))
    condition = model.condition()
    times = [int(t) for t in diffusion.trailing(last, options.steps, np.arange(options.steps))]
    shown = set(np.rint(np.linspace(0, options.steps, options.frames)).astype(int).tolist())
    frames = []
    for index, (t, previous) in enumerate(zip(times, [*times[1:], 0], strict=True)):
        if index in shown:
            frames.append(x.numpy())
        said = model.loaded.denoise(x=x, t=tf.fill([rows], t), **condition)
        x = model.loaded.diffuse(images=said["images"], noise=said["noise"], t=tf.fill([rows], previous))
        generator.progress(index + 1, options.steps, "steps")
    return [*frames, x.numpy()]


def forward(model, options, last):
    """States of the forward process, with one noise for each row."""
    import numpy as np
    import tensorflow as tf

    if options.images:
        size = model.content["signatures"]["denoise"]["inputs"]["x"]["shape"][1]
        clean = np.stack([read_picture(path, size) for path in options.images])
    else:
        clean = model.unit_images(model.latents(options.seeds))
    noise = tf.random.stateless_normal(clean.shape, [0, 0])
    times = np.rint(np.linspace(0, last, options.frames)).astype("int32")
    states = [model.loaded.diffuse(images=clean, noise=noise, t=tf.fill([len(clean)], t)) for t in times]
    return [state.numpy() for state in states]


def read_picture(path, size):
    """Reads a picture as float32 `(size, size, 3)` in `[0, 1]`, cut to a square and resized."""
    import numpy as np

    from keras_gans.data import decoding

    picture = decoding.decode(path, name=str(path))
    return np.asarray(decoding.fit(picture, resolution=size, crop="center"), "float32") / 255.0
