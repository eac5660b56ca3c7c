"""What every training script shares: flags, strategy, run directory, phases, callbacks, resume, export.

A run directory holds
    config.json     all settings, and the versions they were run with
    log.jsonl       a line of losses every --log-every images
    samples/        grids of the averaged generator, from the same latents
    checkpoints/    the last three run states
    tensorboard/    event files, where tensorboard is installed and --tensorboard is given
    export/         the SavedModel, at the end
Exit codes: 0 finished, 2 wrong arguments, 75 stopped by a signal and saved: go on with --resume.
"""

import argparse
import contextlib
import importlib.metadata
import json
import math
import os
import sys
import time
from pathlib import Path

import keras_gans_cli

EXIT_STOPPED = 75


# === Flags and configuration ===


def parse(model, description, argv):
    """Reads the command line; nothing heavy is imported for --help."""
    from keras_gans import presets

    names = presets.preset_names(model)
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"presets: {', '.join(names)}\n{__doc__}",
    )
    add = parser.add_argument
    add("--preset", default=names[0], help="networks and schedule (default: %(default)s)")
    add("--data", help="emoji[:style,...], tfds:NAME, or a folder or zip (default: the preset's)")
    add("--split", default="train", help="split of emoji and TFDS (default: %(default)s)")
    add("--crop", choices=["center"], help="cut images that are not square")
    add("--resolution", type=int, help="height and width in pixels (default: the preset's)")
    add("--conditional", action="store_true", help="train with the class labels of the data")
    add("--flip", action=argparse.BooleanOptionalAction, help="mirror half of the images")
    add("--images", type=int, help="length of the run; phases keep their proportions")
    add("--batch-size", help="global batch: 16, or by resolution 4:64,8:32,16:16")
    add("--reset-optimizer", action=argparse.BooleanOptionalAction, default=True,
        help="forget Adam's moments at the start of a phase (default: yes)")  # fmt: skip
    add("--out", default=f"runs/{model}", help="run directory (default: %(default)s)")
    add("--resume", action="store_true", help="go on with the run in --out; needs no other flag")
    add("--dry-run", action="store_true", help="print networks, phases, data and speed, then stop")
    add("--strategy", choices=["auto", "none", "mirrored", "multiworker"], default="auto",
        help="mirrored: all GPUs of this host; multiworker: the hosts of TF_CONFIG")  # fmt: skip
    add("--precision", choices=["float32", "mixed_bfloat16", "mixed_float16"])
    add("--jit", action=argparse.BooleanOptionalAction, help="compile with XLA (default: on one GPU)")
    add("--seed", type=int, default=0)
    add("--deterministic", action="store_true", help="same bits in every run; slower on a GPU")
    add("--log-every", type=int, default=2_000, metavar="IMAGES")
    add("--sample-every", type=int, default=10_000, metavar="IMAGES")
    add("--save-every", type=int, default=20_000, metavar="IMAGES")
    add("--export", action="store_true", help="export the run in --out as it is now, then stop")
    add("--tensorboard", action="store_true", help="also write event files for TensorBoard")
    arguments = parser.parse_args(argv)
    for name in ("images", "log_every", "sample_every", "save_every"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} must be positive. Received: {value}")
    return arguments


def configure(model, arguments):
    """Returns the configuration of a run.

    The preset with what the flags change, or that of the run to resume.
    """
    from keras_gans import presets

    path = Path(arguments.out) / "config.json"
    if arguments.resume or arguments.export:
        if not path.exists():
            raise ValueError(f"There is no run in {arguments.out}: no {path}")
        config = json.loads(path.read_text(encoding="utf-8"))
        if config["model"] != model:
            raise ValueError(f"{arguments.out} is a run of {config['model']}, not of {model}")
        return {**config, "out": arguments.out}
    if path.exists() and not arguments.dry_run:
        raise ValueError(f"{arguments.out} holds a run. Add --resume to go on, or choose another --out.")
    preset = presets.get_preset(arguments.preset)
    if preset["model"] != model:
        names = ", ".join(presets.preset_names(model))
        raise ValueError(f"'{arguments.preset}' is a preset of {preset['model']}. Here: {names}")
    actions = ("resume", "dry_run", "export")
    config = {
        **{name: value for name, value in vars(arguments).items() if name not in actions},
        "resolution": arguments.resolution or preset["resolution"],
        "data": arguments.data or preset["data"],
        "flip": preset["flip"] if arguments.flip is None else arguments.flip,
        "precision": arguments.precision or preset["precision"],
        **{key: preset[key] for key in preset if key not in ("flip", "precision", "data", "resolution")},
        "threads": os.cpu_count(),
        "versions": {p: importlib.metadata.version(p) for p in ("tensorflow", "keras", "numpy")},
    }
    if config["data"] is None:
        raise ValueError(f"The preset {arguments.preset} needs --data: {preset['data_hint']}")
    if config["resolution"] < 8 or math.log2(config["resolution"]) % 1:
        raise ValueError(f"--resolution must be a power of two from 8. Received: {config['resolution']}")
    sizes = [2**n for n in range(2, config["resolution"].bit_length())]
    schedule = config["schedule"]
    given = schedule["batch_sizes"]
    if arguments.batch_size:
        given = read_batch_sizes(arguments.batch_size, sizes)
    for key, values in (("batch_sizes", given), ("learning_rates", schedule["learning_rates"])):
        last = values[max(values)]  # a resolution above the preset's goes on with its last value
        schedule[key] = {size: values.get(size, last) for size in sizes}
    return config


def read_batch_sizes(text, sizes):
    """Reads "16" or "4:64,8:32" into `{resolution.

    Batch}`; a resolution that is not named takes the value of the one before.
    """
    try:
        if text.isdigit():
            named = {sizes[0]: int(text)}
        else:
            named = {int(k): int(v) for k, v in (item.split(":") for item in text.split(","))}
    except ValueError:
        named = {}
    if not named or not set(named) <= set(sizes) or min(named.values()) < 1:
        raise ValueError(
            f"--batch-size takes 16 or 4:64,8:32 with resolutions of {sizes}. Received: {text!r}"
        )
    result, batch = {}, named[min(named)]
    for size in sizes:
        batch = named.get(size, batch)
        result[size] = batch
    return result


# === The run ===


class Run:
    """One run: its configuration, data, trainer and files."""

    def __init__(self, config, title, build, optimizer, *, write=True):
        import keras
        import tensorflow as tf

        from keras_gans import data
        from keras_gans.training import distribution

        self.config, self.title, self.optimizer = config, title, optimizer
        self.out = Path(config["out"])
        keras.utils.set_random_seed(config["seed"])
        if config["deterministic"]:
            # Another number of threads adds up in another order.
            tf.config.threading.set_intra_op_parallelism_threads(config["threads"])
            tf.config.threading.set_inter_op_parallelism_threads(config["threads"])
            tf.config.experimental.enable_op_determinism()
        self.strategy = distribution.get_strategy(config["strategy"])
        self.chief = distribution.is_chief(self.strategy)
        keras.mixed_precision.set_global_policy(config["precision"])
        source = data.open_source(config["data"], split=config["split"], crop=config["crop"])
        bad_files = self.out / "bad_files.txt" if self.chief and write else None
        if bad_files:
            self.out.mkdir(parents=True, exist_ok=True)
        self.data = data.load(source, config["resolution"], bad_files=bad_files, progress=self.chief)
        if config["conditional"] and not self.data.class_names:
            raise ValueError(f"--conditional needs labels; {config['data']} has none")
        self.num_classes = len(self.data.class_names) if config["conditional"] else 0
        with self.strategy.scope():
            self.trainer, self.schedule = build(config, self.num_classes)
        if config["images"]:
            self.schedule.scale = config["images"] / self.schedule.total_images

    # --- phases ---

    def begin(self, phase):
        """Makes the trainer ready for a phase, in which it may be already."""
        trainer, players = self.trainer, ("discriminator", "generator")
        seen = int(trainer.images_seen.numpy())
        current = [getattr(trainer, f"{player}_optimizer", None) for player in players]
        begins = seen == phase.start and self.config["reset_optimizer"]
        with self.strategy.scope():
            if begins or current[0] is None:
                current = [self.optimizer(phase.learning_rate) for _ in players]
        for optimizer in current:
            optimizer.learning_rate = phase.learning_rate
        trainer.begin_phase(phase)
        jit = "auto" if self.config["jit"] is None else self.config["jit"]
        if self.strategy.num_replicas_in_sync > 1 and jit == "auto":
            jit = False
        trainer.compile(
            **{f"{p}_optimizer": o for p, o in zip(players, current, strict=True)}, jit_compile=jit
        )

    def batches(self, phase, start):
        """Returns the input of `fit` from image number `start` on."""
        from keras_gans.training import distribution

        data = self.data.at(phase.resolution)

        def pipeline(**share):
            return data.batches(seed=self.config["seed"], start=start, flip=self.config["flip"], **share)

        return distribution.distribute(self.strategy, pipeline, batch_size=phase.batch_size)

    def train(self, *, resume, export_only=False):
        """Runs all phases and exports. Returns whether a signal stopped it."""
        from keras_gans import training
        from keras_gans.training import callbacks

        with contextlib.ExitStack() as stack:
            if self.chief:
                stack.enter_context(training.RunLock(self.out))
            self.begin(self.schedule.phases[0])
            state = training.RunState(self.out / "checkpoints", self.trainer)
            if export_only or (resume and state.latest):
                print(f"restored {state.restore()}", flush=True)
            elif self.chief:
                self.write_config()
            if export_only:
                self.export()
                return False
            if self.chief:
                self.describe(measure=False)
            stopper = stack.enter_context(callbacks.StopOnSignal(state).installed())
            others = self.callbacks(state)
            for phase in self.schedule.phases:
                seen = int(self.trainer.images_seen.numpy())
                if seen >= phase.end or stopper.stopped:
                    continue
                self.begin(phase)
                self.trainer.fit(
                    self.batches(phase, seen),
                    steps_per_epoch=(phase.end - seen) // phase.batch_size,
                    callbacks=[*others, stopper],
                    verbose=0,
                    shuffle=False,
                )
            if stopper.stopped:
                print(f"stopped; go on with: python {sys.argv[0]} --out {self.out} --resume")
                return True
            state.save()
            if self.chief:
                self.export()
        return False

    # --- files ---

    def write_config(self):
        """Writes `config.json`, whole or not at all."""
        temporary = self.out / "config.json.tmp"
        temporary.write_text(json.dumps(self.config, indent=2) + "\n", encoding="utf-8")
        temporary.replace(self.out / "config.json")

    def sample_inputs(self, rows=8, columns=8):
        """Latents (and labels, a column a class) of the sample grids."""
        import numpy as np

        columns = self.num_classes or columns
        random = np.random.default_rng(self.config["seed"])
        latents = random.standard_normal((rows * columns, self.trainer.latent_dim), "float32")
        return [latents, np.tile(np.arange(columns), rows)] if self.num_classes else latents

    def callbacks(self, state):
        """Returns the callbacks of all phases. Every worker counts, the chief writes."""
        from keras_gans.training import callbacks

        config = self.config
        result = [
            callbacks.ProgressLog(
                self.out / "log.jsonl" if self.chief else None,
                every=config["log_every"],
                total_images=self.schedule.total_images,
                describe=self.name_of,
            ),
            callbacks.StopOnNonFinite(state),
        ]
        if self.chief:
            grid = callbacks.SampleGrid(
                self.out / "samples",
                inputs=self.sample_inputs(),
                resolution=config["resolution"],
                every=config["sample_every"],
                columns=self.num_classes or 8,
            )
            result += [grid, callbacks.Checkpoints(state, every=config["save_every"])]
            if config["tensorboard"]:
                result.append(
                    callbacks.TensorBoard(self.out / "tensorboard", grid=grid, every=config["sample_every"])
                )
        # The log resets the means that the others read.
        return result[1:] + result[:1]

    def name_of(self, images_seen):
        """What the run does at an image: "16px fade"."""
        phase = self.schedule.phase_at(images_seen - 1)
        fading = images_seen <= phase.start + phase.fade_images
        return f"{phase.resolution}px {'fade' if fading else 'stabilise'}"

    def export(self):
        """Writes the averaged generator with its card and a grid, and says what to do with it."""
        from keras_gans import export, images

        seen, last = int(self.trainer.images_seen.numpy()), self.schedule.phases[-1]
        if seen < last.start + last.fade_images:
            raise ValueError(
                f"The networks have not grown to {last.resolution} px yet: {seen:,} images seen of "
                f"{last.start + last.fade_images:,}. Go on with --resume."
            )
        self.begin(last)
        grid = images.to_uint8(self.trainer(self.sample_inputs()))
        samples = images.write_png(self.out / "samples.png", images.grid(grid, columns=self.num_classes or 8))
        config, provenance = self.config, self.data.provenance
        card = export.Card(
            preset=config["preset"],
            model=self.title,
            paper=config["paper"],
            data=provenance["description"],
            data_license=provenance["licence"],
            images_seen=seen,
            class_names=tuple(self.data.class_names) if self.num_classes else (),
        )
        path = self.out / "export"
        export.export(self.trainer.exported_network(), path, card=card, samples=samples, overwrite=True)
        print(f"\nexport   {path}\nsamples  {samples}")
        print(f"try      keras-gans generate {path} --seeds 0-15 --out grid.png")

    # --- description ---

    def describe(self, *, measure):
        """Prints data, networks and phases, with the speed of each if asked."""
        import numpy as np

        print(self.data.summary())
        for player, networks in self.trainer.players().items():
            for network in networks:
                count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
                print(f"{player:<14} {type(network).__name__}, {count:,} trainable parameters")
        replicas = self.strategy.num_replicas_in_sync
        print(f"precision      {self.config['precision']}, {replicas} replica(s)")
        print("phase        fade images   stable images   batch   learning rate" + "    img/s" * measure)
        started, seconds = time.monotonic(), 0.0
        for phase in self.schedule.phases:
            line = (
                f"{phase.resolution:>4} px     {phase.fade_images:>11,}   {phase.stable_images:>13,}   "
                f"{phase.batch_size:>5}   {phase.learning_rate:>13g}"
            )
            if measure and time.monotonic() - started < 120:
                rate = self.measure(phase)
                seconds += (phase.end - phase.start) / rate
                line += f"   {rate:>6.1f}"
            elif measure:
                line, seconds = line + "        -", math.inf
            print(line, flush=True)
        print(f"total          {self.schedule.total_images:,} images")
        if measure and math.isfinite(seconds):
            print(f"estimated time {seconds / 3600:.1f} hours")

    def measure(self, phase, steps=3):
        """Images per second of a few real steps."""
        self.begin(phase)
        batches = self.batches(phase, phase.start)
        self.trainer.fit(batches, steps_per_epoch=1, verbose=0, shuffle=False)
        start = time.monotonic()
        self.trainer.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
        return steps * phase.batch_size / (time.monotonic() - start)


def main(model, title, build, optimizer, *, description, argv=None):
    """Trains a model from the command line.

    Args:
        model: str. Name of the model in `keras_gans.presets`.
        title: str. Its name in words, for the card.
        build: callable `(config, num_classes) -> (trainer, schedule)`.
        optimizer: callable `learning_rate -> keras.optimizers.Optimizer`, for either player.
        description: str. Text of --help.
        argv: list of str. Command line; `None` means the process's.
    """
    keras_gans_cli.import_quietly()
    try:
        arguments = parse(model, description, argv)
        config = configure(model, arguments)
        run = Run(config, title, build, optimizer, write=not arguments.dry_run)
        if arguments.dry_run:
            run.describe(measure=True)
            return
        stopped = run.train(resume=arguments.resume, export_only=arguments.export)
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    if stopped:
        sys.exit(EXIT_STOPPED)
