"""Diffusion against flow matching: networks trained for the same time, sampled with as many network calls.

python benchmarks/diffusion_objectives.py --out FOLDER                 12 minutes for each, then the table
python benchmarks/diffusion_objectives.py --out FOLDER --minutes 60    goes on to 60
python benchmarks/diffusion_objectives.py --out FOLDER --minutes 0     the table of what is in the folder

Both train the U-Net of the preset on the embedded emoji, in turns of a few steps, so that other load on the
machine meets both. What was done stays in the folder: a run that was stopped goes on there. The table scores
the average networks, all from the same latents.
"""

import argparse
import json
import time
from pathlib import Path

from measure import table

PRESET = "ddpm_emoji_32"
OBJECTIVES = ("diffusion", "flow")
TURN = 50  # steps
SAVE_EVERY = 2  # turns
CALLS = (5, 10, 20, 50)
BATCH = 100


class Contestant:
    """One objective's trainer, how long it trained, and its files.

    Args:
        objective: str. As `replace` of the preset takes it.
        folder: path. Of its files.
        images: `keras_gans.data.ImageData`.
        preset: `keras_gans.presets.Preset`. Of diffusion.
    """

    def __init__(self, objective, folder, images, preset):
        from keras_gans import training

        self.folder, self.images = Path(folder), images
        self.preset = preset.replace(objective=objective)
        self.trainer = self.preset.build_trainer()
        self.state = training.RunState(self.folder, self.trainer, max_to_keep=1)
        self.seconds, self.traced = 0.0, False
        if self.state.latest:
            self.state.restore()
            self.seconds = json.loads((self.folder / "seconds.json").read_text())

    @property
    def images_seen(self):
        """Images seen so far."""
        return int(self.trainer.images_seen.numpy())

    def train(self, steps):
        """Trains, and counts the seconds, but for those of tracing the step."""
        from keras_gans.presets.base import value_at

        if not self.traced:
            self.traced, seconds = True, self.seconds
            self.train(1)
            self.seconds = seconds
        size = value_at(self.preset.batch_sizes, self.preset.resolution)
        batches = self.images.batches(batch_size=size, seed=0, start=self.images_seen)
        batches = batches.take(steps).cache()
        for _ in batches:  # what is read stays out of the time
            pass
        start = time.perf_counter()
        self.trainer.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
        self.seconds += time.perf_counter() - start

    def save(self):
        """Writes the state, then the seconds."""
        self.state.save()
        (self.folder / "seconds.json").write_text(json.dumps(self.seconds))


def alternate(contestants, seconds, report=print):
    """Trains in turns until each has had so many seconds."""
    turns = 0
    while waiting := [each for each in contestants if each.seconds < seconds]:
        for each in waiting:
            each.train(TURN)
        turns += 1
        if turns % SAVE_EVERY == 0 or all(each.seconds >= seconds for each in waiting):
            for each in contestants:
                each.save()
            report(" ".join(f"{each.images_seen:,} images in {each.seconds:.0f} s" for each in contestants))


def samplers(calls):
    """What is compared: name -> (objective, function from a process to a sampler, steps, network calls)."""
    from keras_gans import diffusion

    def ddim(process):
        return diffusion.DDIMSampler(process, spacing=diffusion.trailing)

    return {
        "DDIM": ("diffusion", ddim, calls, calls),
        "DPM-Solver++": ("diffusion", diffusion.DPMSolverSampler, calls, calls),
        "flow, Euler": ("flow", ddim, calls, calls),
        "flow, Heun": ("flow", diffusion.HeunSampler, calls // 2, calls // 2 * 2),
    }


def score(contestant, sampler, steps, count, cache):
    """FID and KID of images of the average network."""
    import tensorflow as tf

    from keras_gans import metrics
    from keras_gans.images import to_unit

    generator = contestant.trainer.generator

    @tf.function(reduce_retracing=True)
    def make(latents):
        noise = tf.reshape(latents, (-1, *generator.state_shape))
        return to_unit(sampler.sample(generator.denoiser_of(), noise, steps=steps))

    names = [f"{family}{count}_full" for family in ("fid", "kid")]
    scores = metrics.evaluate(
        lambda latents: make(tf.constant(latents)).numpy(),
        "emoji",
        names,
        features="efficientnet-lite0",
        latent_dim=generator.latent_dim,
        batch_size=BATCH,
        cache=cache,
    )
    return {each.protocol: each.value for each in scores}


def rows(contestants, folder, count):
    """Rows of the table, one a sampler; scores that are in the folder are not computed again."""
    from keras_gans import metrics

    cache = metrics.Cache(Path(folder) / "features")
    for name in samplers(CALLS[0]):
        row = {"sampler": name}
        for calls in CALLS:
            objective, make, steps, used = samplers(calls)[name]
            each = contestants[objective]
            path = each.folder / f"scores_{name}_{calls}_{count}_{each.images_seen}.json".replace(" ", "_")
            if not path.exists():
                found = score(each, make(each.preset.process), steps, count, cache)
                path.write_text(json.dumps(found))
            fid, kid = json.loads(path.read_text()).values()
            row[f"{calls} calls"] = f"{fid:.1f} / {1000 * kid:.1f}" + (f" ({used})" if used != calls else "")
        yield row


def main(arguments=None):
    """The command."""
    import keras

    import keras_gans_cli

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True, help="folder of the runs")
    parser.add_argument("--minutes", type=float, default=12.0, help="of training, each (default: 12)")
    parser.add_argument("--count", type=int, default=1000, help="images of a score (default: 1000)")
    given = parser.parse_args(arguments)
    keras_gans_cli.import_quietly()
    from keras_gans import data, presets

    preset, out = presets.get(PRESET), Path(given.out)
    images = data.load(data.open_source("emoji"), preset.resolution).at(preset.resolution)
    contestants = {}
    for objective in OBJECTIVES:
        keras.utils.set_random_seed(0)  # the same first weights
        contestants[objective] = Contestant(objective, out / objective, images, preset)
    alternate(contestants.values(), 60.0 * given.minutes)
    for name, each in contestants.items():
        print(f"{name}: {each.images_seen:,} images in {each.seconds / 60:.1f} minutes")
    title = f"FID / 1000 KID of {given.count} images against all, efficientnet-lite0"
    table(title, rows(contestants, out, given.count))


if __name__ == "__main__":
    main()
