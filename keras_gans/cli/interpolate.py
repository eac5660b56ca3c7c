"""`keras-gans interpolate`: a film between images."""

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, add_latents, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes a film that passes through the images of several seeds.",
        "savedmodels/progan_emoji_32 --seeds 1,2,3 --frames 50 --out walk.gif",
    )
    add_generator(parser)
    add_latents(parser, "1,2,3, two or more")
    parser.add_argument("--frames", type=positive, default=50, metavar="N", help="(default: 50)")
    parser.add_argument(
        "--fps",
        type=positive,
        default=25,
        metavar="N",
        help="frames a second, of which a GIF can show 50 (default: 25)",
    )
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
    outputs.add_out(parser, ".gif", ".mp4")


def run(options):
    """Runs the command."""
    from keras_gans import latent

    if options.space == "w" and options.method is not None:
        raise ValueError(
            "--method is of latents, and styles are interpolated linearly. "
            f"Received: --space w --method {options.method}"
        )
    outputs.check_latents(options)
    model = terminal.open_generator(options.directory)
    terminal.note_truncation(model, options.truncation)
    latents = terminal.read_latents(model, options, options.truncation)
    if len(latents) < 2:
        raise ValueError(f"A film passes through the images of 2 or more latents. Received: {len(latents)}")
    terminal.save_latents(model, latents, options)
    drawn = {"label": options.label, "truncation": options.truncation}
    if options.space == "w":
        path = latent.walk(model.styles(latents, **drawn), options.frames, interpolate=latent.linear)

        def make(part):
            return model.synthesize(path[part], noise=options.noise)

    else:
        methods = {"slerp": latent.slerp, "hypersphere": latent.hypersphere}
        path = latent.walk(latents, options.frames, interpolate=methods[options.method or "slerp"])

        def make(part):
            return model.generate(path[part], **drawn, guidance=options.guidance, noise=options.noise)

    latent.write(options.out, terminal.pixels(make, options.frames, options.scale), fps=options.fps)
    print(f"{options.out}: {describe(options.out, options.frames, options.fps)}")


def describe(path, frames, fps):
    """What a film holds, and what became of a number of frames that a GIF cannot show."""
    from keras_gans import latent

    text = f"{frames} frames, {frames / fps:.2f} seconds"
    if path.lower().endswith(".gif"):
        numbers, durations = latent.gif_timing(frames, fps)
        if len(numbers) < frames:
            most = latent.GIF_FPS
            text += f"; {len(numbers)} of them are shown: a GIF can hold {most} a second, an MP4 {fps}"
        elif len(set(durations)) > 1:
            text += f"; each for {min(durations)} or {max(durations)} ms: a GIF counts in steps of 10 ms"
    return text
