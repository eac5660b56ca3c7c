"""Projection: whether a search finds what is known to be there, how near it comes, and how fast it steps.

python benchmarks/projection.py                 all tables
python benchmarks/projection.py recovery        images that the generator itself made, found again
python benchmarks/projection.py held_out        emoji of the test split, in z, w and w+
python benchmarks/projection.py speed           steps a second of signatures and of the network, in turns

An image counts as found where the mean absolute difference of its pixels, in [0, 1], is at most 0.02.
"""

import time

import numpy as np

COUNT = 50
FOUND = 0.02
FIRST_SEED = 1000
ROUNDS = 10
TABLES = ("recovery", "held_out", "speed")
STYLED, PLAIN = "stylegan2_emoji_32", "progan_emoji_32"


def errors(targets, made):
    """Mean absolute differences of images in `[0, 1]`, `(n,)`."""
    return np.abs(np.asarray(targets) - made).mean(axis=(1, 2, 3))


def project(name, space, targets):
    """The row of a table: what became of targets, with the arguments that `project` takes by itself."""
    import keras_gans

    start = time.perf_counter()
    found = keras_gans.load(name).project(targets, space=space)
    seconds = time.perf_counter() - start
    apart = errors(targets, found.images)
    return {
        "model": name,
        "space": space,
        "images": len(targets),
        "found": int(np.sum(apart <= FOUND)),
        "median": f"{np.median(apart):.4f}",
        "largest": f"{apart.max():.4f}",
        "seconds": round(seconds),
    }


def recovery(name, space, count=COUNT):
    """A generator's own images."""
    import keras_gans

    model = keras_gans.load(name)
    return project(name, space, model.generate(model.latents(range(FIRST_SEED, FIRST_SEED + count))))


def held_out(name, space, count=COUNT):
    """Emoji that no generator saw."""
    from keras_gans import data

    emoji = data.load(data.open_source("emoji", split="test"), 32)
    return project(name, space, np.asarray(emoji.take(np.arange(count)), "float32") / 255.0)


def speed(name, batch):
    """Milliseconds of a generator call and of a projection step without features, best of rounds in turns."""
    import tensorflow as tf

    import keras_gans

    model = keras_gans.load(name)
    z = tf.random.stateless_normal((batch, *model.latent_shape), (1, 2))
    targets = tf.random.stateless_uniform((batch, *model.image_shape), (3, 4))
    network = keras_gans.presets.get(name).build_networks()["generator"]
    ways = {
        "default": lambda z: model.loaded.signatures["default"](z=z)["default"],
        "serving_default": lambda z: model.loaded.signatures["serving_default"](z=z)["default"],
        "network": lambda z: network.endpoints()["default"][0](z),
    }

    def step(way):
        def slope(z):
            with tf.GradientTape() as tape:
                tape.watch(z)
                losses = tf.reduce_mean(tf.abs(way(z) - targets), axis=(1, 2, 3))
            return tape.gradient(losses, z)

        return tf.function(slope)

    functions = {name: (tf.function(way), step(way)) for name, way in ways.items()}
    best = {name: [np.inf, np.inf] for name in ways}
    for _ in range(ROUNDS):
        for name, pair in functions.items():
            for number, function in enumerate(pair):
                function(z)
                start = time.perf_counter()
                function(z)
                best[name][number] = min(best[name][number], time.perf_counter() - start)
    row = {"model": model.name, "batch": batch}
    for name, (call, stepped) in best.items():
        row[f"{name}: call, step ms (ratio)"] = (
            f"{call * 1e3:.1f}, {stepped * 1e3:.1f} ({stepped / call:.1f})"
        )
    return row


def timing(name, space, batch):
    """Seconds of a whole search, as `project` does it by itself, the traces included, and of processors."""
    start = time.process_time()
    row = recovery(name, space, batch)
    row["processor seconds"] = round(time.process_time() - start)
    return {key: row[key] for key in ("model", "space", "images", "seconds", "processor seconds")}


def main(chosen):
    """Prints the tables."""
    import measure

    script = __file__
    if "recovery" in chosen:
        pairs = ((STYLED, "w"), (PLAIN, "z"))
        rows = (measure.row(script, "recovery", name=name, space=space) for name, space in pairs)
        measure.table(f"The generator's own images, found at {FOUND} or nearer", rows)
    if "held_out" in chosen:
        rows = (measure.row(script, "held_out", name=STYLED, space=space) for space in ("z", "w", "w+"))
        measure.table("Emoji of the test split", rows)
    if "speed" in chosen:
        pairs = [(name, batch) for name in (STYLED, PLAIN) for batch in (1, 16)]
        measure.table(
            "Steps", (measure.row(script, "speed", name=name, batch=batch) for name, batch in pairs)
        )
        rows = (measure.row(script, "timing", name=STYLED, space="w", batch=batch) for batch in (1, 16))
        measure.table("A whole search", rows)


if __name__ == "__main__":
    import measure

    functions = {"recovery": recovery, "held_out": held_out, "speed": speed, "timing": timing}
    measure.run(main, TABLES, functions, __doc__)
