"""What a run is, printed: data, networks, phases, and how fast they are."""

import math
import time

import numpy as np

from keras_gans.resolution import text


def describe(run, *, measure):
    """Prints data, networks and phases.

    Args:
        run: `keras_gans.runs.Run`.
        measure: bool. Whether to time a few steps of each phase, for two minutes at most.
    """
    print(run.data.summary())
    for player in run.trainer.players():
        for network in player.networks.values():
            count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
            print(f"{player.name:<14} {type(network).__name__}, {count:,} trainable parameters")
    print(f"precision      {run.preset.precision}, {run.strategy.num_replicas_in_sync} replica(s)")
    print("phase        fade images   stable images   batch   learning rate" + "    img/s" * measure)
    started, seconds = time.monotonic(), 0.0
    for phase in run.plan.phases:
        line = (
            f"{text(phase.resolution):>4} px     {phase.fade_images:>11,}   {phase.stable_images:>13,}   "
            f"{phase.batch_size:>5}   {phase.learning_rate:>13g}"
        )
        if measure and time.monotonic() - started < 120:
            rate = images_per_second(run, phase)
            seconds += (phase.end - phase.start) / rate
            line += f"   {rate:>6.1f}"
        elif measure:
            line, seconds = line + "        -", math.inf
        print(line, flush=True)
    print(f"total          {run.plan.total_images:,} images")
    if measure and math.isfinite(seconds):
        print(f"estimated time {seconds / 3600:.1f} hours")


def images_per_second(run, phase, steps=3):
    """Times a few real steps of a phase."""
    run.begin(phase)
    batches = run.batches(phase, phase.start)
    run.trainer.fit(batches, steps_per_epoch=1, verbose=0, shuffle=False)
    start = time.monotonic()
    run.trainer.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
    return steps * phase.batch_size / (time.monotonic() - start)
