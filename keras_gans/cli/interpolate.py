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
        "--method", choices=("slerp", "hypersphere"), default="slerp", help="(default: slerp)"
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

    methods = {"slerp": latent.slerp, "hypersphere": latent.hypersphere}
    model = generator.Generator(options)
    model.select(options.label, options.truncation)
    keyframes = model.latents(options.seeds)
    path = latent.walk(keyframes, options.frames, interpolate=methods[options.method])
    latent.write(options.out, model.images(path), fps=options.fps)
    print(f"{options.out}: {options.frames} frames")
