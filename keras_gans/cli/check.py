"""`keras-gans check`: an export in the hands of all its consumers."""


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Uses an export in every way that others may, each in a process without keras_gans.",
        "savedmodels/progan_emoji_32/1",
    )
    parser.add_argument("directory", metavar="DIR", help="an export or a TF-Hub module")
    parser.add_argument(
        "--only", action="append", metavar="CONSUMER", help="such as hub.load; may be repeated"
    )


def run(options):
    """Runs the command."""
    from keras_gans.export import conformance

    def report(result):
        print(f"{result.consumer}: {result.result} ({result.seconds:.0f} s)", flush=True)

    results = conformance.check(options.directory, only=options.only, report=report)
    print("\n" + conformance.table(results))
    return int(any(result.result == "failed" for result in results))
