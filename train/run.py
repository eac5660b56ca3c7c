"""One training run: data, trainer, phases and the files that they leave. `common.py` says which."""

import contextlib
import functools
import importlib.util
import json
import math
import sys
import time
from pathlib import Path


class Run:
    """One run: its configuration, data, trainer and files."""

    def __init__(self, config, title, build, optimizer, *, write=True):
        import keras
        import tensorflow as tf

        from keras_gans import networks
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
        bad_files = self.out / "bad_files.txt" if self.chief and write else None
        if bad_files:
            self.out.mkdir(parents=True, exist_ok=True)
        self.data = load_data(config, bad_files=bad_files, progress=self.chief)
        if config["conditional"] and not self.data.class_names:
            raise ValueError(f"--conditional needs labels; {config['data']} has none")
        self.num_classes = len(self.data.class_names) if config["conditional"] else 0
        with self.strategy.scope():
            self.trainer, self.schedule = build(config, self.num_classes)
        if config.get("freeze_d"):
            players = {player.name: player for player in self.trainer.players()}
            if "discriminator" not in players:
                raise ValueError(f"--freeze-d leaves discriminators as they are; {title} has none")
            for discriminator in players["discriminator"].networks.values():
                networks.freeze(discriminator, config["freeze_d"])
        if config["images"]:
            self.schedule.scale = config["images"] / self.schedule.total_images

    # --- phases ---

    def begin(self, phase):
        """Makes the trainer ready for a phase, in which it may be already."""
        trainer = self.trainer
        seen = int(trainer.images_seen.numpy())
        players = {player.optimizer: player.name for player in trainer.players()}
        optimizers = {name: getattr(trainer, name, None) for name in players}

        def new(name):
            return self.optimizer(self.config, players[name], phase.learning_rate)

        if None in optimizers.values() or (seen == phase.start and self.config["reset_optimizer"]):
            with self.strategy.scope():
                optimizers = {name: new(name) for name in players}
        else:
            # Outside of the scope: in it, all workers would have to make one.
            for name, optimizer in optimizers.items():
                optimizer.learning_rate = learning_rate_of(new(name))
        trainer.begin_phase(phase)
        trainer.compile(
            **optimizers, jit_compile="auto" if self.config["jit"] is None else self.config["jit"]
        )

    def batches(self, phase, start):
        """Returns the input of `fit` from image number `start` on."""
        from keras_gans.training import distribution

        data = self.data.at(phase.resolution)

        def pipeline(**share):
            return data.batches(seed=self.config["seed"], start=start, flip=self.config["flip"], **share)

        return distribution.distribute(self.strategy, pipeline, batch_size=phase.batch_size)

    def train(self, *, resume, export_only=False, best=False):
        """Runs all phases and exports; or exports alone, the last or the best state.

        Returns whether a signal stopped it.
        """
        from keras_gans import training
        from keras_gans.training import callbacks

        with contextlib.ExitStack() as stack:
            if self.chief:
                stack.enter_context(training.RunLock(self.out))
            self.begin(self.schedule.phases[0])
            folder = self.out / ("checkpoints_best" if best else "checkpoints")
            state = training.RunState(folder, self.trainer, clean=not best)
            if best and state.latest is None:
                raise ValueError(f"There is no best state in {folder}: a run with --metric keeps one")
            if export_only or (resume and state.latest):
                print(f"restored {state.restore()}", flush=True)
            else:
                if self.config.get("init_from"):
                    source = training.RunState(
                        Path(self.config["init_from"]) / "checkpoints", self.trainer, clean=False
                    )
                    print(f"networks of {source.restore_networks()}", flush=True)
                if self.chief:
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

    def sample_grid(self):
        """Returns the callback that draws samples."""
        return self.trainer.sample_grid(
            self.data,
            self.out / "samples",
            every=self.config["sample_every"],
            inputs=self.sample_inputs,
            columns=self.num_classes or 8,
        )

    def callbacks(self, state):
        """Returns the callbacks of all phases. Every worker counts, the chief writes."""
        from keras_gans.training import callbacks

        config = self.config
        result = [
            callbacks.ProgressLog(
                self.out / "log.jsonl" if self.chief else None,
                every=config["log_every"],
                total_images=self.schedule.total_images,
                describe=self.schedule.describe,
            ),
            callbacks.StopOnNonFinite(state),
        ]
        monitor = self.monitor() if config.get("metric") else None
        if monitor:
            result.append(monitor)
        if self.chief:
            grid = self.sample_grid()
            result += [grid, callbacks.Checkpoints(state, every=config["save_every"])]
            wanted = config["tensorboard"]
            if wanted or (wanted is None and importlib.util.find_spec("tensorboard")):
                board = callbacks.TensorBoard(
                    self.out / "tensorboard", grid=grid, every=config["sample_every"]
                )
                result.append(board)
                if monitor:
                    monitor.writer = board.writer
        # The log resets the means that the others read.
        return result[1:] + result[:1]

    def monitor(self):
        """Returns the callback that scores the averaged networks. All workers draw, the chief writes."""
        from keras_gans import metrics, training
        from keras_gans.data import open_source
        from keras_gans.metrics import cache

        config, replicas = self.config, self.strategy.num_replicas_in_sync
        if self.trainer.latent_dim is None:
            raise ValueError("--metric draws latents, and a network from images to images has none")
        uses_extractor = metrics.parse_metric(config["metric"]).uses_extractor

        @functools.lru_cache(maxsize=1)  # the digest of all pixels takes a while
        def reference(resolution):
            data = self.data.at(resolution)
            source = None
            if data.images is None:
                source = open_source(config["data"], split=config["split"], crop=config["crop"])
            identity = cache.identity_of(data, source, config["data"])
            labels = None if data.labels is None else data.labels.__getitem__
            return metrics.Images(
                data.take, len(data), labels, class_names=data.class_names or (), identity=identity
            )

        return training.MetricMonitor(
            self.out / "metrics.jsonl",
            metric=config["metric"],
            reference=reference,
            extractor=metrics.get_extractor(config["features"]) if uses_extractor else None,
            every=config["metric_every"],
            batch_size=-(-64 // replicas) * replicas,
            best=training.RunState(self.out / "checkpoints_best", self.trainer, max_to_keep=1),
            num_classes=self.num_classes,
            seed=config["seed"],
            cache=metrics.Cache(),
        )

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
        grid = self.sample_grid()
        grid.set_model(self.trainer)
        samples = images.write_png(self.out / "samples.png", grid.draw())
        config, provenance = self.config, self.data.provenance
        card = export.Card(
            preset=config["preset"],
            model=self.title,
            paper=config["paper"],
            data=provenance["description"],
            data_license=provenance["licence"],
            images_seen=seen,
            class_names=tuple(self.data.class_names) if self.num_classes else (),
            notes=(
                f"Trained with `train/{config['model']}.py --preset {config['preset']}`: "
                f"{self.data.summary().splitlines()[0].split(maxsplit=1)[1]}, {config['precision']}, "
                f"{self.strategy.num_replicas_in_sync} replica(s), seed {config['seed']}. All settings "
                "are in the run's config.json.",
            ),
        )
        path = self.out / "export"
        network = self.trainer.exported_network(self.data.labels if self.num_classes else None)
        export.export(network, path, card=card, samples=samples, overwrite=True)
        print(f"\nexport   {path}\nsamples  {samples}")
        inputs = network.endpoints()["default"][1].keys()
        use = "generate {} --seeds 0-15 --out grid.png" if "z" in inputs else "translate {} IMAGES --out DIR"
        use += " --label all" if inputs & {"labels", "styles"} else ""
        print(f"try      keras-gans {use.format(path)}")

    # --- description ---

    def describe(self, *, measure):
        """Prints data, networks and phases, with the speed of each if asked."""
        import numpy as np

        print(self.data.summary())
        for player in self.trainer.players():
            for network in player.networks.values():
                count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
                print(f"{player.name:<14} {type(network).__name__}, {count:,} trainable parameters")
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


def load_data(config, **options):
    """Returns the images of a run.

    `pairs` of its preset makes them pairs, `domains` a set of several domains, `references` with references.
    """
    from keras_gans import data

    opened = {"split": config["split"], "crop": config["crop"]}
    if config.get("pairs"):
        pair = data.open_pairs(config["data"], aligned=config["pairs"] == "aligned", **opened)
        return data.load_pairs(pair, config["resolution"], jitter=config["jitter"], **options)
    if config.get("domains"):
        source = data.open_domains(config["data"], config["domains"], **opened)
        references = config.get("references", False)
        return data.load_domains(source, config["resolution"], references=references, **options)
    return data.load(data.open_source(config["data"], **opened), config["resolution"], **options)


def learning_rate_of(optimizer):
    """The number or the schedule that an optimizer was made with."""
    import keras

    rate = optimizer.get_config()["learning_rate"]
    return keras.saving.deserialize_keras_object(rate) if isinstance(rate, dict) else rate
