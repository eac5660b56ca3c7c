"""Speed of StyleGAN and StyleGAN2, printed as tables.

python benchmarks/stylegan2.py              every table
python benchmarks/stylegan2.py training     one of: training, modulated, generator

Every row runs in a process of its own. "of the ceiling" compares with the rate of a plain 3x3 convolution
with its gradient, measured in the same process right before.
"""

import functools
import os
import sys
import tempfile

import measure
from measure import ceiling, flops, rate, run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PRESET = "stylegan2_emoji_32"
row = functools.partial(measure.row, __file__)


def build(model="stylegan2", precision="float32", **changes):
    """The trainer of a small preset, as its script makes it."""
    import importlib

    import keras

    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "train"))
    script = importlib.import_module(model)
    from keras_gans import presets

    keras.mixed_precision.set_global_policy(precision)
    config = {**presets.get_preset(f"{model}_emoji_32"), "seed": 0, "gamma": None, "no_ada": False, **changes}
    trainer, schedule = script.build(config, 0)
    trainer.begin_phase(schedule.phases[-1])
    trainer.compile(
        discriminator_optimizer=script.optimizer(config, "discriminator", 1e-3),
        generator_optimizer=script.optimizer(config, "generator", 1e-3),
    )
    return trainer


def training(what, model="stylegan2", precision="float32", step=1, batch=16, **changes):
    """One row: a step of training, over and over with the same number."""
    import tensorflow as tf

    top = ceiling("bfloat16" if "bfloat16" in precision else "float32")
    trainer = build(model, precision, **changes)
    data = {"images": tf.random.uniform((batch, 32, 32, 3), -1, 1)}
    function = tf.function(trainer.train_step)

    def same_step():
        trainer.step.assign(step)  # which lazy terms are due follows from it
        function(data)

    steps = rate(same_step)
    work = flops(function.get_concrete_function(data)) * steps / 1e9
    return {
        "model": model,
        "step": what,
        "precision": precision,
        "images/s": f"{steps * batch:.1f}",
        "ms": f"{1000 / steps:.0f}",
        # The operations of both branches of a lazy term are counted: only steps with all terms compare.
        "GFLOP/s (of the ceiling)": f"{work:.0f} ({100 * work / top:.0f} %)" if step == 0 else "",
    }


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


def generator(path, batch=64):
    """One row: calls of the export's default signature."""
    import tensorflow as tf

    signature = tf.saved_model.load(path).signatures["default"]
    latents = tf.random.normal((batch, 128))
    calls = rate(lambda: signature(latents)["default"].numpy())
    return {"batch": batch, "images/s": f"{calls * batch:.0f}", "ms a call": f"{1000 / calls:.1f}"}


def export_preset(directory):
    """An export of the preset with random weights; speed does not depend on them."""
    from keras_gans import export

    card = export.Card(preset=PRESET, model="StyleGAN2", paper="1912.04958", data="none", data_license="none",
                       images_seen=0)  # fmt: skip
    return str(export.export(build().exported_network(), os.path.join(directory, "1"), card=card))


def main(chosen):
    if "training" in chosen:
        bare = {"no_ada": True}
        paths = {"path_length": {"weight": 2.0, "interval": 4}}
        rows = [
            row("training", what="no lazy term", **bare),
            row("training", what="no lazy term", precision="mixed_bfloat16", **bare),
            row("training", what="no lazy term, augmented"),
            row("training", what="R1", step=0, **bare),
            row("training", what="R1, augmented", step=0),
            row("training", what="R1 and path length", step=0, **bare, **paths),
            row("training", what="R1 and path length, augmented", step=0, **paths),
            row("training", what="R1", model="stylegan", step=0),
        ]
        table("Training step of the embedded presets, 32 px, batch 16", rows)
    if "modulated" in chosen:
        names = ("features scaled, one kernel", "kernels scaled, example by example",
                 "kernels scaled, batched product of patches")  # fmt: skip
        for px, channels in ((32, 32), (16, 128)):
            rows = [row("modulated", name=name, px=px, channels=channels) for name in names]
            table(f"Modulated convolution with gradient, {px} px, {channels} channels, batch 16", rows)
    if "generator" in chosen:
        with tempfile.TemporaryDirectory() as directory:
            path = export_preset(directory)
            table("Generator from the SavedModel", [row("generator", path=path, batch=n) for n in (1, 64)])


if __name__ == "__main__":
    run(main, ("training", "modulated", "generator"), globals(), __doc__)
