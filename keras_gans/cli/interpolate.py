"""`keras-gans interpolate`: a film between images."""

from keras_gans.cli import generator
from keras_gans.cli.arguments import file_name, parse_seeds, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "interpolate",
        run,
        "Writes a film that passes through the images of several seeds.",
        "savedmodels/progan_emoji_32 --seeds 1,2,3 --frames 50 --out walk.gif",
    )
    generator.add_options(parser)
    parser.add_argument("--seeds", type=parse_seeds, required=True, help="two or more, such as 1,2,3")
    parser.add_argument("--frames", type=positive, default=50, metavar="N", help="(default: 50)")
    parser.add_argument("--fps", type=positive, default=25, metavar="N", help="(default: 25)")
    parser.add_argument(
        "--space",
        choices=("z", "w"),
        default="z",
        help="interpolate latents, z, or the styles that `mapping` makes of them, w, which is done linearly "
        "(default: z)",
    )
    parser.add_argument(
        "--method", choices=("slerp", "hypersphere"), help="of interpolating latents (default: slerp)"
    )
    parser.add_argument(
        "--out",
        type=file_name(".gif", ".mp4"),
        required=True,
        metavar="FILE",
        help="a .gif or .mp4 file",
    )


def run(options):
    """Runs the command."""
    from keras_gans import latent

    model = generator.Generator(options)
    if options.space == "w":
        if options.method is not None:
            raise ValueError(
                "--method is of latents, and styles are interpolated linearly. "
                f"Received: --space w --method {options.method}"
            )
        model.require("mapping", "synthesis", what="--space w")
    model.select(options.label, options.truncation, styled=options.space == "w")
    latents = model.latents(options.seeds)
    if options.space == "w":
        styles = model.styles(latents)
        path = latent.walk(styles.reshape(len(styles), -1), options.frames, interpolate=latent.linear)
        path = path.numpy().reshape(-1, *styles.shape[1:])
        frames = model.images_of_styles(lambda part: path[part], len(path))
    else:
        methods = {"slerp": latent.slerp, "hypersphere": latent.hypersphere}
        path = latent.walk(latents, options.frames, interpolate=methods[options.method or "slerp"])
        frames = model.images(path)
    latent.write(options.out, frames, fps=options.fps)
    print(f"{options.out}: {options.frames} frames")
