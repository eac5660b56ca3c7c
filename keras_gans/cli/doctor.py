"""`keras-gans doctor`: what this machine offers for training, and what it lacks."""


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Says what this machine offers for training: TensorFlow, GPUs or why there are none, memory, disk, "
        "and the speed of a step of each family.",
        "--families stylegan2,ddpm",
    )
    parser.add_argument(
        "--families",
        default="all",
        metavar="NAME,...",
        help="models to try, each for less than a minute; or none (default: all that have a small preset)",
    )
    parser.add_argument("--out", default=".", help="where runs are to be written, for the disk (default: .)")


def run(options):
    """Runs the command; returns 1 if a family failed."""
    from keras_gans.runs import doctor

    known = doctor.families()
    names = list(known) if options.families == "all" else options.families.split(",")
    names = [] if options.families == "none" else names
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"--families are some of {', '.join(known)}; all, or none. Received: {unknown[0]!r}")
    for what, text in doctor.machine(options.out).items():
        print(f"{what:<16} {text}", flush=True)
    failed = False
    for name in names:
        text = doctor.try_family(known[name])
        failed |= text.startswith("failed")
        print(f"{name:<16} {text}", flush=True)
    return int(failed)
