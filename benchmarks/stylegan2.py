"""Speed of StyleGAN and StyleGAN2, printed as tables.

python benchmarks/stylegan2.py              every table
python benchmarks/stylegan2.py training     one of: training, modulated, generator

Every row runs in a process of its own, but those of the training step take turns in one. "of the ceiling"
compares with the rate of a plain 3x3 convolution with its gradient, measured in the same process just before.
"""

import functools
import os
import tempfile

import measure
from measure import ceiling, flops, rate, run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

row = functools.partial(measure.row, __file__)


def build(model="stylegan2", precision="float32", augmented=True, path_length=False):
    """The trainer of a small preset in its last phase, ready for steps."""
    from keras_gans import losses, presets

    preset = presets.get(f"{model}_emoji_32").replace(precision=precision)
    if not augmented:
        preset = preset.replace(augmentation=None)
    if path_length:  # with the paper's numbers; the small preset has none
        preset = preset.replace(generator_terms=[losses.PathLength(weight=2.0, interval=4)])
    trainer = preset.build_trainer()
    trainer.begin_phase(preset.build_plan().phases[-1])
    trainer.compile(**preset.build_optimizers(trainer, 1e-3))
    return trainer


VARIANTS = {
    "stylegan2": {
        "no lazy term": {"step": 1, "augmented": False},
        "no lazy term, augmented": {"step": 1},
        "R1": {"step": 0, "augmented": False},
        "R1, augmented": {"step": 0},
        "R1 and path length": {"step": 0, "augmented": False, "path_length": True},
        "R1 and path length, augmented": {"step": 0, "path_length": True},
    },
    # Its R1 is not lazy.
    "stylegan": {"R1": {"step": 0}},
}


def training(model, precision="float32", batch=16, rounds=7, steps=3):
    """Rows of the variants of a training step, all in one process and in turn, round after round.

    Processor time, the median of the rounds: on a shared machine wall time says more of the others.
    """
    import time

    import numpy as np
    import tensorflow as tf

    top = ceiling("bfloat16" if "bfloat16" in precision else "float32")
    data = {"images": tf.random.uniform((batch, 32, 32, 3), -1, 1)}

    def prepared(step=1, **changes):
        trainer = build(model, precision, **changes)
        function = tf.function(trainer.train_step)

        def same_step():
            trainer.step.assign(step)  # which lazy terms are due follows from it
            function(data)

        same_step()
        # The operations of both branches of a lazy term are counted: right where all terms are due.
        return same_step, None if step else flops(function.get_concrete_function(data))

    variants = {what: prepared(**changes) for what, changes in VARIANTS[model].items()}
    seconds = {what: [] for what in variants}
    walls = {what: [] for what in variants}
    for _ in range(rounds):
        for what, (call, _) in variants.items():
            call()  # caches are another variant's
            processor, wall = time.process_time(), time.perf_counter()
            for _ in range(steps):
                call()
            seconds[what].append((time.process_time() - processor) / steps)
            walls[what].append((time.perf_counter() - wall) / steps)
    first = np.median(next(iter(seconds.values())))
    rows = []
    for what, (_, work) in variants.items():
        each, wall = np.median(seconds[what]), min(walls[what])
        share = f"{work / wall / 1e9:.0f} ({100 * work / wall / 1e9 / top:.0f} %)" if work else ""
        rows.append(
            {
                "model": model,
                "step": what,
                "precision": precision,
                "processor ms": f"{1000 * each:.0f}",
                "relative": f"{each / first:.2f}",
                "best images/s": f"{batch / wall:.1f}",
                "GFLOP/s (of the ceiling)": share,
            }
        )
    return rows


def formulations(features, styles, kernel):
    """Ways to compute a convolution whose kernel is scaled, and demodulated, for every example."""
    import tensorflow as tf

    batch, height, width, channels = features.shape
    filters = kernel.shape[-1]

    def factors():
        power = tf.matmul(tf.square(styles), tf.reduce_sum(tf.square(kernel), axis=(0, 1)))
        return tf.math.rsqrt(power + 1e-8)

    def scaled_features():
        outputs = tf.nn.conv2d(features * styles[:, None, None], kernel, 1, "SAME")
        return outputs * factors()[:, None, None]

    def kernels():
        return kernel * styles[:, None, None, :, None] * factors()[:, None, None, None]

    def one_by_one():
        each = zip(tf.split(features, batch), tf.unstack(kernels()), strict=True)
        return tf.concat([tf.nn.conv2d(x, k, 1, "SAME") for x, k in each], axis=0)

    def products():
        # Patches and kernels as matrices: one batched product.
        patches = tf.image.extract_patches(features, [1, 3, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME")
        patches = tf.reshape(patches, (batch, height * width, 9 * channels))
        outputs = tf.matmul(patches, tf.reshape(kernels(), (batch, 9 * channels, filters)))
        return tf.reshape(outputs, (batch, height, width, filters))

    return {
        "features scaled, one kernel": scaled_features,
        "kernels scaled, example by example": one_by_one,
        "kernels scaled, batched product of patches": products,
    }


def modulated(name, px=32, channels=64, batch=16):
    """One row: a modulated 3x3 convolution with its gradient."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    features, styles, kernel = (
        tf.constant(random.standard_normal(shape), "float32")
        for shape in ((batch, px, px, channels), (batch, channels), (3, 3, channels, channels))
    )

    @tf.function
    def step(features, styles, kernel):
        with tf.GradientTape() as tape:
            tape.watch([features, styles, kernel])
            outputs = formulations(features, styles, kernel)[name]()
        return outputs, tape.gradient(outputs, [features, styles, kernel], output_gradients=outputs)

    first, *_ = step(features, styles, kernel)
    expected = formulations(features, styles, kernel)["features scaled, one kernel"]()
    steps = rate(lambda: step(features, styles, kernel))
    return {
        "formulation": name,
        "px": px,
        "channels": channels,
        "ms": f"{1000 / steps:.1f}",
        "largest difference": f"{float(tf.reduce_max(tf.abs(first - expected))):.0e}",
    }


def generator(path, model, batch=64):
    """One row: calls of the export's default signature."""
    import tensorflow as tf

    signature = tf.saved_model.load(path).signatures["default"]
    latents = tf.random.normal((batch, 128))
    calls = rate(lambda: signature(latents)["default"].numpy())
    return {
        "model": model,
        "batch": batch,
        "images/s": f"{calls * batch:.0f}",
        "ms a call": f"{1000 / calls:.1f}",
    }


def export_preset(model, directory):
    """An export of a small preset with random weights; speed does not depend on them."""
    from keras_gans import export

    card = export.Card(preset=f"{model}_emoji_32", model=model, paper="none", data="none",
                       data_license="none", images_seen=0)  # fmt: skip
    return str(export.export(build(model).exported_network(), os.path.join(directory, model), card=card))


def main(chosen):
    if "training" in chosen:
        rows = row("training", model="stylegan2") + row("training", model="stylegan")
        table("Training step of the embedded presets, 32 px, batch 16", rows)
    if "modulated" in chosen:
        names = ("features scaled, one kernel", "kernels scaled, example by example",
                 "kernels scaled, batched product of patches")  # fmt: skip
        for px, channels in ((32, 32), (16, 128)):
            rows = [row("modulated", name=name, px=px, channels=channels) for name in names]
            table(f"Modulated convolution with gradient, {px} px, {channels} channels, batch 16", rows)
    if "generator" in chosen:
        with tempfile.TemporaryDirectory() as directory:
            paths = {model: export_preset(model, directory) for model in VARIANTS}
            rows = [row("generator", path=p, model=m, batch=n) for m, p in paths.items() for n in (1, 64)]
            table("Generator from the SavedModel", rows)


if __name__ == "__main__":
    run(main, ("training", "modulated", "generator"), globals(), __doc__)
