"""`keras-gans interpolate`: a film between images."""

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, add_latents, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes a film that passes through the images of several seeds, or of the rows of a file.",
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
        help="interpolate latents, z, or the styles that `mapping` makes of them, w, which is done linearly "
        "(default: z; w of a file of styles)",
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
    latents = terminal.read_latents(model, options.seeds, options.truncation)
    if len(latents) < 2:
        raise ValueError(f"A film passes through the images of 2 or more latents. Received: {len(latents)}")
    terminal.save_latents(model, latents, options, options.label)
    drawn = {"label": options.label, "truncation": options.truncation}
    styled = terminal.are_styles(model, latents)
    if styled:
        terminal.refuse_with_styles(**drawn, guidance=options.guidance)
        if options.space == "z" or options.method is not None:
            raise ValueError(f"{options.seeds} holds styles, which take --space w, without --method")
    if styled or options.space == "w":
        styles = terminal.styles_of(model, latents, **drawn)
        path = latent.walk(styles, options.frames, interpolate=latent.linear)

        def make(part):
            return model.synthesize(path[part], noise=options.noise)

    else:
        methods = {"slerp": latent.slerp, "hypersphere": latent.hypersphere}
        if latents.labels is not None and options.label is None:
            drawn["label"] = _one_class(model, latents.labels)
        path = latent.walk(latents.rows, options.frames, interpolate=methods[options.method or "slerp"])

        def make(part):
            return model.generate(path[part], **drawn, guidance=options.guidance, noise=options.noise)

    latent.write(options.out, terminal.pixels(make, options.frames, options.scale), fps=options.fps)
    print(f"{options.out}: {describe(options.out, options.frames, options.fps)}")


def _one_class(model, labels):
    """The class of all rows of a file."""
    first = int(labels[0])
    if (labels != first).any():
        names = ", ".join(model.class_names[label] if model.class_names else str(label) for label in labels)
        raise ValueError(
            "Between latents of several classes lie none of either: pass a --label for all, or --space w, "
            f"where the model has styles. Received: {names}"
        )
    return first


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
