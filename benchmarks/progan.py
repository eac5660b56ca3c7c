"""Speed and memory of Progressive GAN, printed as tables.

python benchmarks/progan.py              every table, about four minutes on two cores
python benchmarks/progan.py training     one of: training, generator, data, import

Every row runs in a process of its own. "of the ceiling" compares with the rate of a plain 3x3 convolution
with its gradient, measured in the same process right before: timings of shared machines are noise, their
ratios less so.
"""

import functools
import os
import resource
import tempfile
import time

import measure
from measure import ceiling, flops, rate, run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PRESET = "progan_emoji_32"
row = functools.partial(measure.row, __file__)


def training(precision="float32", jit=False, replicas=1, resolution=32, batch=16):
    """One row: training steps of the preset at one resolution."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
    from keras_gans import presets
    from keras_gans.training import distribution

    top = ceiling("bfloat16" if "bfloat16" in precision else "float32")
    preset = presets.get(PRESET).replace(precision=precision)
    strategy = distribution.get_strategy("mirrored" if replicas > 1 else "none")
    with strategy.scope():
        trainer = preset.make_trainer()
    [phase] = [phase for phase in preset.build_plan().phases if phase.resolution == resolution]
    trainer.begin_phase(phase)
    with strategy.scope():
        trainer.compile(**preset.build_optimizers(trainer, 1e-3), jit_compile=jit)
    images = tf.random.uniform((batch, resolution, resolution, 3), -1, 1)
    inputs = strategy.experimental_distribute_dataset(
        tf.data.Dataset.from_tensors({"images": images}).unbatch().repeat().batch(batch, drop_remainder=True)
    )
    iterator = iter(inputs)
    step = tf.function(lambda data: strategy.run(trainer.train_step, (data,)), jit_compile=jit)
    data = next(iterator)
    seconds = time.perf_counter()
    step(data)
    traced = time.perf_counter() - seconds
    steps = rate(lambda: step(data))
    achieved = ""
    if replicas == 1 and not jit:
        work = flops(step.get_concrete_function(data)) * steps / 1e9
        achieved = f"{work:.0f} ({100 * work / top:.0f} %)"
    return {
        "px": resolution,
        "precision": precision,
        "XLA": "on" if jit else "off",
        "replicas": replicas,
        "images/s": f"{steps * batch:.1f}",
        "GFLOP/s (of the ceiling)": achieved,
        "ceiling": f"{top:.0f}",
        "first step s": f"{traced:.0f}",
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def generator(path, latent_dim, batch=64):
    """One row: the signature `default` of an export."""
    import tensorflow as tf

    top = ceiling("float32")
    generate = tf.saved_model.load(path).signatures["default"]
    latents = tf.random.normal((batch, latent_dim))
    calls = rate(lambda: generate(latents)["default"].numpy())
    return {
        "batch": batch,
        "images/s": f"{calls * batch:.0f}",
        "ms a call": f"{1000 / calls:.1f}",
        "ceiling GFLOP/s": f"{top:.0f}",
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def data(batch=16):
    """One row: the input pipeline alone, from the embedded images in memory."""
    from keras_gans.data import load, open_source

    images = load(open_source("emoji"), 32, progress=False)
    batches = iter(images.batches(batch_size=batch, seed=0, flip=True))
    return {"px": 32, "batch": batch, "images/s": f"{rate(lambda: next(batches)) * batch:,.0f}"}


def imports(module="keras_gans"):
    """One row: seconds of an import."""
    start = time.perf_counter()
    __import__(module)
    return {"module": module, "seconds": f"{time.perf_counter() - start:.1f}"}


def export_preset(directory):
    """An export of the preset with random weights; speed does not depend on them."""
    from keras_gans import export, presets

    network = presets.get(PRESET).build_networks()["generator"]
    card = export.Card(preset=PRESET, model="Progressive GAN", paper="1710.10196", data="none",
                       data_license="none", images_seen=0)  # fmt: skip
    return str(export.export(network, os.path.join(directory, "1"), card=card))


def main(chosen):
    if "import" in chosen:
        table("Import", [row("imports", module=name) for name in ("tensorflow", "keras_gans")])
    if "data" in chosen:
        table("Input pipeline", [row("data", batch=batch) for batch in (16, 64)])
    if "training" in chosen:
        rows = [row("training", resolution=size) for size in (4, 8, 16, 32)]
        rows += [row("training", precision="mixed_bfloat16"), row("training", jit=True)]
        rows += [row("training", precision="mixed_bfloat16", jit=True), row("training", replicas=2)]
        table(f"Training step, {PRESET}, batch 16", rows)
    if "generator" in chosen:
        with tempfile.TemporaryDirectory() as directory:
            arguments = {"path": export_preset(directory), "latent_dim": 128}
            table("Generator from the SavedModel", [row("generator", batch=b, **arguments) for b in (1, 64)])


if __name__ == "__main__":
    run(main, ("import", "data", "training", "generator"), globals(), __doc__)
