"""`keras-gans inpaint`: a part of images made anew by a diffusion model."""

from keras_gans.cli import pictures, terminal
from keras_gans.cli.arguments import parse_box, parse_seeds, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Makes a part of images anew, so that it fits the rest, with the export of a diffusion model. The "
        "largest square of each image is cut from its middle and resized to the size of the model; its other "
        "pixels stay exactly what they then are.",
        "ddpm_emoji_32 photo.png --box 16,16,32,32 --seeds 0-3 --out inpainted/",
    )
    pictures.add_editing(parser, steps=20, steps_help="from noise to the image")
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument(
        "--mask",
        metavar="FILE",
        help="an image of the size of each image, or of that of the model: white is kept, black is made "
        "anew, grey mixes both",
    )
    part.add_argument(
        "--box",
        type=parse_box,
        metavar="X,Y,W,H",
        help="the box to make anew: left, top, width and height in pixels of each image file",
    )
    parser.add_argument(
        "--seeds", type=parse_seeds, default=[0], help="a result for each seed, such as 0-3 (default: 0)"
    )
    parser.add_argument(
        "--resamplings",
        type=positive,
        default=10,
        metavar="N",
        help="how often the same steps are walked, so that the made part fits the rest: 1 is fast and fits "
        "badly (default: 10)",
    )
    parser.add_argument(
        "--jump-length",
        type=positive,
        default=2,
        metavar="N",
        help="steps that are walked again at a time (default: 2)",
    )


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import images

    model = terminal.open_diffusion(options.directory, "inpaint")
    image = options.mask and terminal.read_image(options.mask)

    def make(number, picture):
        whole = picture.decode()
        mask = mask_of(whole, model.image_shape[:2], image=image, box=options.box, name=picture.path)
        square = pictures.fitted(whole, model.image_shape)
        made = model.inpaint(
            np.stack([square] * len(options.seeds)),
            mask,
            seed=options.seeds,
            steps=options.steps,
            jump_length=options.jump_length,
            resamplings=options.resamplings,
            label=options.label,
            guidance=options.guidance,
        )
        covered = square * mask[..., None] + 127.5 * (1.0 - mask[..., None])
        return [square, np.rint(covered).astype("uint8")], list(images.unit_to_uint8(made))

    names = [f"seed {seed}" for seed in options.seeds]
    pictures.run_editing(options, make, suffixes=names, shown=["as it was", "masked"], inputs=[options.mask])


def mask_of(whole, size, *, image, box, name):
    """Returns the mask of an image as the model sees it.

    Args:
        whole: uint8 array `(height, width, 3)`. The image as it is in its file.
        size: (int, int). Height and width that the model takes.
        image: uint8 array, a mask of the size of `whole` or `(*size, 3)`; or `None`.
        box: `(left, top, width, height)` in pixels of `whole`, the part to make anew; without `image`.
        name: path of the image, for messages.

    Returns:
        float32 array of `size`, in `[0, 1]`. 1 is kept.

    Raises:
        ValueError: the mask has another size, the box lies outside, or nothing would be made anew.
    """
    import numpy as np
    from PIL import Image

    from keras_gans.data import decoding

    height, width = whole.shape[:2]
    if image is None:
        left, top, *sides = box
        if left + sides[0] > width or top + sides[1] > height:
            given = ",".join(map(str, box))
            raise ValueError(f"--box must lie in {name}, which is {width} x {height}. Received: {given}")
        mask = np.full((height, width), 255, "uint8")
        mask[top : top + sides[1], left : left + sides[0]] = 0
    else:
        if image.shape[:2] not in ((height, width), tuple(size)):
            raise ValueError(
                f"--mask must have the size of each image, or {size[1]} x {size[0]}. "
                f"{name} is {width} x {height}, the mask {image.shape[1]} x {image.shape[0]}"
            )
        mask = np.asarray(Image.fromarray(image).convert("L"))
    square = Image.fromarray(np.ascontiguousarray(decoding.crop_to_shape(mask, "center", size)))
    # The mean over each pixel's area: what is 1 is white throughout.
    mask = np.asarray(square.resize(tuple(size)[::-1], Image.Resampling.BOX), "float32") / np.float32(255.0)
    if mask.min() == 1.0:
        raise ValueError(f"Nothing of {name} would be made anew: all of it, as the model sees it, is kept")
    return mask
