"""What every training script shares: flags, strategy, run directory, phases, callbacks, resume, export.

A run directory holds
    config.json     all settings, and the versions they were run with
    log.jsonl       a line of losses every --log-every images
    samples/        grids of the averaged generator, from the same latents
    checkpoints/    the last three run states
    metrics.jsonl   scores, with --metric; the state with the best one is in checkpoints_best/, which
                    --export --best exports
    tensorboard/    event files, where tensorboard is installed
    export/         the SavedModel, at the end
Exit codes: 0 finished, 2 wrong arguments, 75 stopped by a signal and saved: go on with --resume.
"""

import argparse
import importlib.metadata
import json
import math
import os
import sys
from pathlib import Path

import keras_gans_cli
from run import Run

EXIT_STOPPED = 75


# === Flags and configuration ===


def parse(model, description, argv, add_flags=None):
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
    add("--data", help="emoji[:style,...], tfds:NAME, a folder or zip; two of them for pairs of images, "
        "as emoji:noto,fluent or DIR,DIR, or left-to-right:DIR; one for each of several domains, or a folder "
        "of folders (default: the preset's)")  # fmt: skip
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
    add("--init-from", metavar="RUN", help="start with the networks of another run, on other data")
    add("--freeze-d", type=int, default=0, metavar="N",
        help="leave each discriminator's first N convolutions as they are (with --init-from)")  # fmt: skip
    add("--dry-run", action="store_true", help="print networks, phases, data and speed, then stop")
    add("--strategy", choices=["auto", "none", "mirrored", "multiworker"], default="auto",
        help="mirrored: all GPUs of this host; multiworker: the hosts of TF_CONFIG")  # fmt: skip
    add("--precision", choices=["float32", "mixed_bfloat16", "mixed_float16"],
        help="of the blocks; losses and outputs stay float32 (default: the preset's)")  # fmt: skip
    add("--jit", action=argparse.BooleanOptionalAction, help="compile with XLA (default: on one GPU)")
    add("--seed", type=int, default=0, help="of weights, latents and data order (default: 0)")
    add("--deterministic", action="store_true", help="same bits in every run; slower on a GPU")
    every = {"type": int, "metavar": "IMAGES"}
    add("--log-every", default=2_000, help="a line of losses (default: 2000)", **every)
    add("--sample-every", default=10_000, help="a grid of samples (default: 10000)", **every)
    add("--save-every", default=20_000, help="a checkpoint (default: 20000)", **every)
    add("--metric", help="a score of the averaged networks while training, such as fid2k or kid2k: a line in "
        "metrics.jsonl, and the best state in checkpoints_best/")  # fmt: skip
    add("--metric-every", default=50_000, help="(default: 50000)", **every)
    add("--features", default="inception-2015",
        help="for --metric, as of `keras-gans evaluate`; efficientnet-lite0 needs no network")  # fmt: skip
    add("--export", action="store_true", help="export the run in --out as it is now, then stop")
    add("--best", action="store_true",
        help="with --export, the state with the best score instead (of a run with --metric)")  # fmt: skip
    add("--tensorboard", action=argparse.BooleanOptionalAction,
        help="write event files for TensorBoard (default: where it is installed)")  # fmt: skip
    add("--traceback", action="store_true", help="show where an error came from")
    if add_flags:
        add_flags(add)
    arguments = parser.parse_args(argv)
    if arguments.freeze_d and not arguments.init_from and not (arguments.resume or arguments.export):
        parser.error("--freeze-d keeps what --init-from brings; without it there is nothing to keep")
    if arguments.best and not arguments.export:
        parser.error("--best says what --export exports; it needs --export")
    for name in ("images", "log_every", "sample_every", "save_every", "metric_every"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} must be positive. Received: {value}")
    given = vars(arguments).items()
    arguments.given = [name for name, value in given if value != parser.get_default(name)]
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
        for name, value in config.get("schedule", {}).items():  # JSON has no integers as keys
            if isinstance(value, dict):
                config["schedule"][name] = {int(size): number for size, number in value.items()}
        if config["model"] != model:
            raise ValueError(f"{arguments.out} is a run of {config['model']}, not of {model}")
        allowed = ("out", "resume", "export", "best", "traceback", "dry_run")
        other = [
            f"--{name.replace('_', '-')} {getattr(arguments, name)}, the run has {config.get(name)}"
            for name in arguments.given
            if name not in allowed and getattr(arguments, name) != config.get(name)
        ]
        if other:
            raise ValueError(f"A run goes on with its own settings. Received: {'; '.join(other)}")
        now = {package: importlib.metadata.version(package) for package in config["versions"]}
        if now != config["versions"]:
            print(f"note: the run began with {config['versions']}; with {now} its bits may differ")
        return {**config, "out": arguments.out}
    if path.exists() and not arguments.dry_run:
        raise ValueError(f"{arguments.out} holds a run. Add --resume to go on, or choose another --out.")
    preset = presets.get_preset(arguments.preset)
    if preset["model"] != model:
        names = ", ".join(presets.preset_names(model))
        raise ValueError(f"'{arguments.preset}' is a preset of {preset['model']}. Here: {names}")
    actions = ("resume", "dry_run", "export", "best", "traceback", "given")
    config = {
        **{name: value for name, value in vars(arguments).items() if name not in actions},
        **preset,
        "resolution": arguments.resolution or preset["resolution"],
        "data": arguments.data or preset["data"],
        "flip": preset["flip"] if arguments.flip is None else arguments.flip,
        "precision": arguments.precision or preset["precision"],
        "conditional": arguments.conditional or preset.get("conditional", False),
        "threads": os.cpu_count(),
        "versions": {p: importlib.metadata.version(p) for p in ("tensorflow", "keras", "numpy")},
    }
    if arguments.init_from:
        # The average has learnt already: no first weights to forget.
        config["average"] = {**config["average"], "ramp_up": None}
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


def constant_schedule(config):
    """Returns the schedule of a model that is trained at one resolution throughout."""
    from keras_gans import training

    schedule, resolution = config["schedule"], config["resolution"]
    return training.ConstantSchedule(
        resolution=resolution,
        images=schedule["images"],
        batch_size=schedule["batch_sizes"][resolution],
        learning_rate=schedule["learning_rates"][resolution],
    )


def networks(config, num_classes):
    """Returns generator and discriminator as the `network` of a configuration says them.

    Args:
        config: dict. Of the run.
        num_classes: int. Of the data, 0 for a run without labels.
    """
    import keras

    shape = {"resolution": config["resolution"], "num_classes": num_classes}
    entries = [(player, config["network"][player]) for player in ("generator", "discriminator")]
    return [
        keras.saving.deserialize_keras_object(
            {**entry, "config": {**entry["config"], **shape, "name": player}}
        )
        for player, entry in entries
    ]


def latent_gan(config, num_classes, **losses):
    """Returns trainer and schedule of a GAN from latents, trained at one resolution throughout.

    Args:
        config: dict. Of the run.
        num_classes: int. Of the data, 0 for a run without labels.
        **losses: `adversarial_loss`, `discriminator_terms` and `generator_terms` of `LatentGAN`.
    """
    from keras_gans import training

    trainer = training.LatentGAN(
        *networks(config, num_classes),
        discriminator_steps=config["discriminator_steps"],
        average=training.ExponentialMovingAverage(**config["average"]),
        seed=config["seed"],
        **losses,
    )
    return trainer, constant_schedule(config)


def adam(config, player, learning_rate):
    """Returns Adam with the numbers of the preset.

    `learning_rate` is the generator's; `discriminator_factor` multiplies the discriminator's.
    """
    import keras

    numbers = {"discriminator_factor": 1.0, **config["optimizer"]}
    factor = numbers.pop("discriminator_factor")
    rate = learning_rate * (factor if player == "discriminator" else 1.0)
    return keras.optimizers.Adam(rate, **numbers, epsilon=1e-8)


def main(model, title, build, optimizer, *, description, argv=None, add_flags=None):
    """Trains a model from the command line.

    Args:
        model: str. Name of the model in `keras_gans.presets`.
        title: str. Its name in words, for the card.
        build: callable `(config, num_classes) -> (trainer, schedule)`.
        optimizer: callable `(config, player, learning_rate) -> keras.optimizers.Optimizer`, called for every
            player of the trainer.
        description: str. Text of --help.
        argv: list of str. Command line; `None` means the process's.
        add_flags: callable `add_flags(add)`, with argparse's `add_argument`: flags of this model alone.
    """
    keras_gans_cli.import_quietly()
    arguments = parse(model, description, argv, add_flags)
    try:
        config = configure(model, arguments)
        run = Run(config, title, build, optimizer, write=not arguments.dry_run)
        if arguments.dry_run:
            run.describe(measure=True)
            return
        stopped = run.train(resume=arguments.resume, export_only=arguments.export, best=arguments.best)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        if arguments.traceback:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    if stopped:
        sys.exit(EXIT_STOPPED)
