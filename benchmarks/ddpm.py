"""Speed and memory of diffusion, printed as tables.

python benchmarks/ddpm.py              every table
python benchmarks/ddpm.py training     one of: training, denoiser, sampling, solvers

Every row of speed runs in a process of its own. "of the ceiling" compares with the rate of a plain 3x3
convolution with its gradient, measured in the same process right before.
"""

import functools
import os
import resource
import tempfile
import time

import measure
from measure import ceiling, flops, rate, run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PRESET = "ddpm_emoji_32"
row = functools.partial(measure.row, __file__)


def build(precision="float32"):
    """The trainer of the preset for nine classes, ready for steps."""
    from keras_gans import presets

    return presets.get(PRESET).replace(precision=precision).build_trainer(num_classes=9)


def peak():
    """MiB of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def training(precision="float32", jit=False, batch=32):
    """One row: training steps of the preset."""
    import tensorflow as tf

    top = ceiling("bfloat16" if "bfloat16" in precision else "float32")
    trainer = build(precision)
    trainer.compile(optimizer=trainer.optimizer, jit_compile=jit)
    data = {"images": tf.random.uniform((batch, 32, 32, 3), -1, 1), "labels": tf.zeros((batch,), "int32")}
    step = tf.function(trainer.train_step, jit_compile=jit)
    seconds = time.perf_counter()
    step(data)
    traced = time.perf_counter() - seconds
    steps = rate(lambda: step(data))
    achieved = ""
    if not jit:
        work = flops(step.get_concrete_function(data)) * steps / 1e9
        achieved = f"{work:.0f} ({100 * work / top:.0f} %)"
    return {
        "precision": precision,
        "XLA": "on" if jit else "off",
        "images/s": f"{steps * batch:.1f}",
        "GFLOP/s (of the ceiling)": achieved,
        "ceiling": f"{top:.0f}",
        "first step s": f"{traced:.0f}",
        "peak MiB": peak(),
    }


def denoiser(batch=64, jit=False):
    """One row: one call of the U-Net at inference."""
    import tensorflow as tf

    top = ceiling("float32")
    trainer = build()
    network = tf.function(lambda x, t, y: trainer.denoiser([x, t, y], training=False), jit_compile=jit)
    inputs = tf.random.normal((batch, 32, 32, 3)), tf.zeros((batch,)), tf.zeros((batch,), "int32")
    calls = rate(lambda: network(*inputs).numpy())
    work = flops(network.get_concrete_function(*inputs)) * calls / 1e9
    return {
        "batch": batch,
        "XLA": "on" if jit else "off",
        "images/s": f"{calls * batch:.0f}",
        "ms a call": f"{1000 / calls:.1f}",
        "GFLOP/s (of the ceiling)": f"{work:.0f} ({100 * work / top:.0f} %)",
        "peak MiB": peak(),
    }


def sampling(path, steps=50, batch=16, jit=False):
    """One row: the signature `sample` of an export, beside as many bare calls of its network."""
    import tensorflow as tf

    model = tf.saved_model.load(path)
    content = {"seed": tf.constant(0, "int64"), "eta": tf.constant(0.0), "labels": tf.constant([0])}
    content |= {"num": tf.constant(batch, "int64"), "guidance": tf.constant(1.0)}
    sample = tf.function(
        lambda steps: model.sample(steps=steps, **content),
        jit_compile=jit,
        input_signature=[tf.TensorSpec([], "int64")],
    )
    x, t = tf.random.normal((batch, 32, 32, 3)), tf.ones((batch,), "int32")
    once = tf.function(
        lambda x: model.denoise(x=x, t=t, labels=tf.constant([0]), guidance=tf.constant(1.0))["noise"],
        jit_compile=jit,
    )
    seconds = 1 / rate(lambda: sample(tf.constant(steps, "int64")).numpy())
    network = steps / rate(lambda: once(x).numpy())
    return {
        "steps": steps,
        "XLA": "on" if jit else "off",
        "batch": batch,
        "images/s": f"{batch / seconds:.1f}",
        "ms an image": f"{1000 * seconds / batch:.0f}",
        "outside of the network": f"{100 * (1 - network / seconds):.0f} %",
        "peak MiB": peak(),
    }


def solvers(path, variants, count=16):
    """Rows: samplers on the denoiser of an export, against the path of 200 steps."""
    import numpy as np
    import tensorflow as tf

    from keras_gans import diffusion, images, presets

    model = tf.saved_model.load(path)
    schedule = presets.get(PRESET).process.schedule
    # The endpoint says the clean images, whatever the network itself predicts.
    process = diffusion.DiffusionProcess(schedule, prediction=diffusion.X0())

    def denoise(x, t):
        rows, none = tf.shape(x)[0], tf.constant(1.0)
        said = model.denoise(x=x, t=tf.cast(t, "int32"), labels=tf.fill([rows], -1), guidance=none)
        return images.from_unit(said["images"])

    def sample(kind, steps):
        if kind == "DDIM":
            sampler = diffusion.DDIMSampler(process, steps=steps, spacing=diffusion.trailing)
        else:
            sampler = diffusion.DPMSolverSampler(process, steps=steps)
        return tf.function(lambda x: sampler.sample(denoise, x))(noise).numpy()

    noise = tf.reshape(model.latents(tf.range(count, dtype="int64")), (-1, 32, 32, 3))
    converged = sample("DDIM", 200)
    for kind, steps in variants:
        distance = np.sqrt(np.mean((sample(kind, steps) - converged) ** 2))
        yield {"sampler": kind, "steps": steps, "RMS to DDIM at 200 steps": f"{distance:.4f}"}


def export_preset(directory):
    """An export of the preset with random weights; speed does not depend on them."""
    from keras_gans import export

    trainer = build()
    card = export.Card(preset=PRESET, model="DDPM", paper="2006.11239", data="none", data_license="none",
                       images_seen=0)  # fmt: skip
    return str(export.export(trainer.exported_network(), os.path.join(directory, "1"), card=card))


def main(chosen):
    if "training" in chosen:
        variants = [
            ("float32", False),
            ("mixed_bfloat16", False),
            ("float32", True),
            ("mixed_bfloat16", True),
        ]
        rows = [row("training", precision=precision, jit=jit) for precision, jit in variants]
        table(f"Training step, {PRESET}, batch 32", rows)
    if "denoiser" in chosen:
        rows = [row("denoiser", batch=batch, jit=jit) for batch, jit in ((1, False), (64, False), (64, True))]
        table("One call of the U-Net", rows)
    if "sampling" in chosen:
        with tempfile.TemporaryDirectory() as directory:
            path = export_preset(directory)
            rows = [row("sampling", path=path, steps=steps) for steps in (10, 20, 50)]
            rows.append(row("sampling", path=path, steps=20, jit=True))
            table("`sample` of the SavedModel, guided", rows)
    if "solvers" in chosen:
        path = os.path.join(os.path.dirname(__file__), "..", "savedmodels", PRESET, "1")
        variants = [("DDIM", 15), ("DDIM", 20), ("DDIM", 50), ("DPM-Solver++", 10), ("DPM-Solver++", 15)]
        rows = list(solvers(path, variants))
        table(f"Samplers of {PRESET}, the same 16 noises, without labels, pixels in [-1, 1]", rows)


if __name__ == "__main__":
    run(main, ("training", "denoiser", "sampling", "solvers"), globals(), __doc__)
