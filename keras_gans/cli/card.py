"""`keras-gans card`: the README of an export."""


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes the README of an export again, from its card.json and samples.png.",
        "savedmodels/progan_emoji_32/1",
    )
    parser.add_argument("directory", metavar="DIR", help="an export")


def run(options):
    """Runs the command."""
    from keras_gans.export import card, loader

    directory = loader.find(options.directory)
    card.update(directory)
    print(directory / card.README)
