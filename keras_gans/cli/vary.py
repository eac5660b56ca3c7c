"""`keras-gans vary`: images that resemble others, by a diffusion model."""

from keras_gans.cli import pictures, terminal
from keras_gans.cli.arguments import parse_numbers


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Makes images that resemble others, with the export of a diffusion model: adds noise to them and "
        "takes it away again. The largest square of each image is cut from its middle and resized to the "
        "size of the model.",
        "ddpm_emoji_32 photo.png folder/ --strength 0.2,0.5,0.8 --out varied/",
    )
    steps_help = "from strength 1 to the image; a smaller strength takes its share of them"
    pictures.add_editing(parser, steps=50, steps_help=steps_help)
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the noise; image number i has seed N + i (default: 0)",
    )
    parser.add_argument(
        "--strength",
        type=parse_numbers,
        default=[0.2, 0.5, 0.8],
        metavar="S,...",
        help="a result for each: how much noise, from 0, the image itself, to 1, which keeps nothing of it "
        "(default: 0.2,0.5,0.8)",
    )


def run(options):
    """Runs the command."""
    from keras_gans import images

    model = terminal.open_diffusion(options.directory, "vary")

    def make(number, picture):
        fitted = pictures.fitted(picture.decode(), model.image_shape)
        drawn = {"seed": options.seed + number, "label": options.label, "guidance": options.guidance}
        made = [
            model.vary(fitted[None], strength, steps=options.steps, **drawn) for strength in options.strength
        ]
        return [fitted], [images.unit_to_uint8(one[0]) for one in made]

    names = [f"strength {strength:g}" for strength in options.strength]
    pictures.run_editing(options, make, suffixes=names, shown=["as it was"])
