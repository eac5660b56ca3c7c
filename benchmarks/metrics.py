"""Speed of the metrics, printed as tables.

python benchmarks/metrics.py             every table
python benchmarks/metrics.py extractors  images a second of the feature extractors
python benchmarks/metrics.py features    seconds of each metric on 10,000 features a side
python benchmarks/metrics.py large       on 50,000, which takes many minutes on two cores

Every row runs in a process of its own. Times of shared machines are noise: beside the wall time stands the
processor time, which others disturb less.
"""

import functools
import os
import resource
import time

import measure
from measure import run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

COUNT, LARGE = 10_000, 50_000
METRICS = (
    "statistics of one side",
    "frechet distance",
    "kernel distance",
    "precision and recall",
    "density and coverage",
    "inception score",
)
row = functools.partial(measure.row, __file__)


def measured(function):
    """Calls a function. Returns its result, wall seconds and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - wall, time.process_time() - processor


def peak():
    """Peak memory of the process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def extractor(name="efficientnet-lite0", resolution=32, images=256):
    """One row: a feature extractor, images of one size."""
    import numpy as np

    from keras_gans import metrics

    one, loading, _ = measured(lambda: metrics.get_extractor(name))
    shape = (images, resolution, resolution, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    one.extract(pictures[:32])  # traces
    _, wall, processor = measured(lambda: one.extract(pictures))
    return {
        "extractor": name,
        "px": resolution,
        "load s": f"{loading:.1f}",
        "images/s": f"{images / wall:.1f}",
        "processor ms an image": f"{1000 * processor / images:.1f}",
        "peak MiB": peak(),
    }


def metric(name, dim=2048, count=COUNT):
    """One row: a metric on features of two sets."""
    import numpy as np

    from keras_gans import metrics

    random = np.random.default_rng(0)
    real, generated = random.standard_normal((2, count, dim), "float32")
    before = peak()

    def statistics(features):
        result = metrics.FeatureStatistics(dim)
        result.update(features)
        return result

    functions = {
        "statistics of one side": lambda: statistics(real),
        "frechet distance": lambda sides: metrics.frechet_distance(*sides),
        "kernel distance": lambda: metrics.kid(real, generated),
        "precision and recall": lambda: metrics.precision_recall(real, generated),
        "density and coverage": lambda: metrics.density_coverage(real, generated),
        "inception score": lambda: metrics.inception_score(real[:, :1008]),
    }
    function = functions[name]
    if name == "frechet distance":
        sides = statistics(real), statistics(generated)
        _, wall, processor = measured(lambda: function(sides))
    else:
        _, wall, processor = measured(function)
    return {
        "metric": name,
        "dim": dim,
        "seconds": f"{wall:.1f}",
        "processor s": f"{processor:.1f}",
        "more peak MiB": peak() - before,
    }


def main(chosen):
    if "extractors" in chosen:
        table("Feature extractors", (row("extractor", resolution=size) for size in (32, 256)))
    if "features" in chosen:
        rows = (row("metric", name=name, dim=dim) for dim in (1280, 2048) for name in METRICS)
        table(f"{COUNT:,} features a side", rows)
    if "large" in chosen:
        table(f"{LARGE:,} features a side", (row("metric", name=name, count=LARGE) for name in METRICS))


if __name__ == "__main__":
    run(main, ("extractors", "features", "large"), globals(), __doc__)
