"""Draws the scores of a run against the images it has seen.

python benchmarks/plot_scores.py RUN/metrics.jsonl OUT.png     needs matplotlib

The file is what a training script writes with --metric. A line for each resolution: while a network grows,
scores of different resolutions do not compare.
"""

import contextlib
import json
import sys
from pathlib import Path


def read(path):
    """Returns the records of a file of scores."""
    records = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(json.JSONDecodeError):  # a killed run may leave half a line
            records.append(json.loads(line))
    return records


def main(path, out):
    records = read(path)
    if not records:
        sys.exit(f"There are no scores in {path}")
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 3.6), layout="constrained")
    for resolution in sorted({record["resolution"] for record in records}):
        chosen = [record for record in records if record["resolution"] == resolution]
        seen = [record["images"] for record in chosen]
        axes.plot(seen, [record["value"] for record in chosen], marker="o", label=f"{resolution} px")
    axes.set_xlabel("images seen")
    axes.set_ylabel(records[-1]["protocol"])
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(out, dpi=100)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
