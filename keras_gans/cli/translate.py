"""`keras-gans translate`: images in, images out."""

import re
from pathlib import Path

from keras_gans.cli import outputs, pictures, terminal
from keras_gans.cli.arguments import add_direction, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Translates images, and lays them out before and after on a sheet.",
        "runs/stargan/export photo.jpg folder/ --label all --out translated/",
    )
    parser.add_argument(
        "directory",
        metavar="MODEL",
        help="an exported network from images to images, by its path or its name",
    )
    add_direction(parser)
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="of a network for several domains, the one to translate to, by name or by number from 0, or "
        "`all`; of attributes several with commas between",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of noise or style, if the network has any; image number i has seed N + i (default: 0)",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders or zips of them")
    parser.add_argument(
        "--reference",
        metavar="IMAGE",
        help="with --label, of a network with styles: take that of this image, an example of the domain",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="a folder, for a PNG each and sheet.png; of `--label all` for a folder a domain",
    )
    outputs.add_overwrite(parser)
    parser.add_argument(
        "--size",
        type=positive,
        metavar="N",
        help="pixels of the shorter side (default: those of the image, to the nearest multiple that the "
        "network takes)",
    )


def run(options):
    """Runs the command."""
    from keras_gans import hub, images

    network = hub.load(options.directory)
    if not isinstance(network, hub.Translator):
        raise ValueError(f"{network.name} makes images of latents: use `keras-gans generate`")
    labels = domains(network, options.label)
    found = pictures.find(options.images)
    out = Path(options.out)
    folders = [out / folder_name(str(label)) if len(labels) > 1 else out for label in labels]
    drawn = {
        "reference": options.reference and terminal.read_image(options.reference),
        "direction": options.direction,
    }
    for asked in labels.values():
        network.check(**drawn, label=asked, size=options.size)

    def paths(picture):
        return [folder / f"{picture.name}.png" for folder in folders]

    def make(number, picture):
        image = network.fit(picture.decode(), options.size)
        seed = options.seed + number
        made = [network.translate(image[None], **drawn, label=one, seed=seed) for one in labels.values()]
        return [image], [images.unit_to_uint8(one[0]) for one in made]

    pictures.check(found, out, paths, inputs=[options.reference], overwrite=options.overwrite)
    pictures.edit(found, out, paths, make, ["as it was", *labels] if len(labels) > 1 else [])


def domains(network, text):
    """What `--label` asks for: dict, name -> the argument `label` of `Translator.translate`."""
    if text == "all" and network.class_names:
        return {name: name for name in network.class_names}
    several = text is not None and "," in text and text not in network.class_names
    return {text: text.split(",") if several else text}


def folder_name(label):
    """A name of a domain, without what file names should not have."""
    return re.sub(r"[^\w &+-]", "-", label)
