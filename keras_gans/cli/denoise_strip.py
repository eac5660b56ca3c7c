"""`keras-gans denoise-strip`: images on their way from noise, or back to it."""

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, parse_seeds, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes rows of an image that forms out of noise, from the export of a diffusion model.",
        "runs/ddpm/export --seeds 0-3 --frames 10 --out strip.png",
    )
    add_generator(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--seeds", type=parse_seeds, help="a row for each seed, such as 0-3")
    source.add_argument("--images", nargs="+", metavar="FILE", help="a row for each picture; with --forward")
    parser.add_argument("--forward", action="store_true", help="the other way: from the image to noise")
    parser.add_argument("--steps", type=positive, default=50, metavar="N", help="of DDIM (default: 50)")
    parser.add_argument("--frames", type=positive, default=10, metavar="N", help="a row (default: 10)")
    outputs.add_out(parser, ".png")


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import images

    if options.images and not options.forward:
        raise ValueError("--images are pictures without noise: add --forward, or give --seeds")
    outputs.check([options.out], inputs=options.images or (), overwrite=options.overwrite)
    model = terminal.open_diffusion(options.directory)
    drawn = {"label": options.label, "guidance": options.guidance}
    if options.images:
        clean = np.stack([read_picture(path, model.image_shape) for path in options.images])
        frames = model.diffuse_frames(clean, frames=options.frames)
    elif options.forward:
        clean = model.generate(
            model.latents(options.seeds), **drawn, truncation=options.truncation, progress=terminal.progress
        )
        frames = model.diffuse_frames(clean, frames=options.frames)
    else:
        frames = model.denoise_frames(
            model.latents(options.seeds),
            **drawn,
            truncation=options.truncation,
            steps=options.steps,
            frames=options.frames,
            progress=terminal.progress,
        )
    columns, rows = frames.shape[:2]
    sheet = images.to_uint8(frames.swapaxes(0, 1).reshape(-1, *frames.shape[2:]))
    terminal.write_grid(options.out, images.enlarge(sheet, options.scale), columns)
    print(f"{options.out}: {rows} x {columns} images")


def read_picture(path, shape):
    """Reads a picture as float32 of a shape, `(size, size, channels)`, in `[0, 1]`: cut and resized."""
    import numpy as np

    from keras_gans.data import decoding
    from keras_gans.images import channels_of

    picture = decoding.fit(
        terminal.read_image(path), resolution=shape[:2], crop="center", channels=channels_of(shape)
    )
    return np.asarray(picture, "float32") / 255.0
