"""Speed of latent diffusion, in turns and by processor time, printed as tables.

python benchmarks/latent_diffusion.py               both tables
python benchmarks/latent_diffusion.py sampling      one of: training, sampling
"""

import os
import statistics
import sys
import time

from measure import table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

EXPORT, PRESET = "latent_diffusion_emoji_64", "latent_diffusion_emoji_64"
ROUNDS, BATCH, STEPS = 7, 16, 20


def in_turns(**functions):
    """Median seconds of processor time of one call of each function, called in turns."""
    seconds = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.process_time()
            function()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def training():
    """Rows: a training step of the second stage, batch 32, by precision."""
    import tensorflow as tf

    from keras_gans import presets

    def step_of(precision):
        trainer = presets.get(PRESET).replace(precision=precision).build_trainer(num_classes=9)
        step = tf.function(trainer.train_step)
        encoded = tf.random.normal((32, *trainer.generator.state_shape[:2], 8))
        batch = {"images": encoded, "labels": tf.zeros((32,), "int32")}
        start = time.process_time()
        step(batch)
        first[precision] = time.process_time() - start
        operations[precision] = len(step.get_concrete_function(batch).graph.get_operations())
        return lambda: step(batch)

    precisions, first, operations = ("float32", "mixed_bfloat16"), {}, {}
    seconds = in_turns(**{precision: step_of(precision) for precision in precisions})
    return [
        {
            "precision": precision,
            "operations": f"{operations[precision]:,}",
            "first step, s": f"{first[precision]:.1f}",
            "ms a step": f"{1000 * seconds[precision]:.0f}",
            "speed": f"{seconds['float32'] / seconds[precision]:.2f}",
        }
        for precision in precisions
    ]


def sampling():
    """Rows: `sample` of the SavedModel, and what it is made of, called one by one."""
    import tensorflow as tf

    import keras_gans

    model = keras_gans.load(EXPORT)
    signatures = model.loaded.signatures
    state = tf.random.normal((BATCH, *model.state_shape))
    # The network alone: what `denoise` does besides is a decoding, which is taken off.
    whole = in_turns(
        sample=lambda: model.sample(BATCH, seed=0, steps=STEPS),
        denoise=lambda: signatures["denoise"](
            x=state, t=tf.fill([BATCH], 500), labels=tf.fill([BATCH], -1), guidance=tf.constant(1.0)
        )["noise"].numpy(),
        decode=lambda: signatures["decode"](latents=state)["decode"].numpy(),
    )
    network = whole["denoise"] - whole["decode"]
    parts = STEPS * network + whole["decode"]
    return [
        {"what": f"sample, {BATCH} images, {STEPS} steps", "ms": f"{1000 * whole['sample']:.0f}"},
        {"what": "denoise, with the decoding of its images", "ms": f"{1000 * whole['denoise']:.0f}"},
        {"what": "decode", "ms": f"{1000 * whole['decode']:.0f}"},
        {
            "what": f"sample over {STEPS} calls of the network and one decoding",
            "ms": f"{whole['sample'] / parts:.2f} times",
        },
    ]


if __name__ == "__main__":
    for name in sys.argv[1:] or ("training", "sampling"):
        function = globals()[name]
        table(function.__doc__.removeprefix("Rows: ").rstrip("."), function())
