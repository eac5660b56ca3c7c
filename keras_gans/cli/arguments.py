"""The parser, and readers of the arguments that several commands take."""

import argparse

MOST_SEEDS = 10_000


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """Prints the message and ends the process with code 2."""
        self.exit(2, f"keras-gans: error: {' '.join(str(message).split())}\n")


def parse_seeds(text):
    """Reads seeds such as `0-15,42` as a list of int."""
    seeds = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(
                f"seeds are numbers and ranges such as 0-15,42. Received: {text!r}"
            )
        span = range(int(first), int(last or first) + 1)
        if not span or len(seeds) + len(span) > MOST_SEEDS or span[-1] >= 2**63:
            raise argparse.ArgumentTypeError(
                f"a range of seeds goes upwards, and there are at most {MOST_SEEDS} seeds "
                f"below 2**63. Received: {text!r}"
            )
        seeds += span
    return seeds


def parse_numbers(text):
    """Reads numbers such as `0.2,0.5,1` as a list of float."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        message = f"numbers such as 0.2,0.5,1. Received: {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def parse_noise(text):
    """Reads `stored` as `None`, `none` as 0 and a seed as `(seed,)`."""
    if text in ("stored", "none"):
        return {"stored": None, "none": 0}[text]
    if not text.isdecimal() or int(text) >= 2**63:
        message = f"must be stored, none or a seed below 2**63. Received: {text!r}"
        raise argparse.ArgumentTypeError(message)
    return (int(text),)


def positive(text):
    """Reads a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0. Received: {text!r}")
    return int(text)


def file_name(*endings):
    """Returns a reader of file names that must have one of these endings."""

    def read(text):
        if not text.lower().endswith(endings):
            raise argparse.ArgumentTypeError(f"must end in {' or '.join(endings)}. Received: {text!r}")
        return text

    return read
