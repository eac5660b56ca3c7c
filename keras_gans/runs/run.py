"""One run: data, trainer, phases and the files that they leave."""

import contextlib
import sys
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_gans import atomic, networks, paths, training
from keras_gans import data as image_sources
from keras_gans.presets.base import precision_scope
from keras_gans.runs import exporting, imported, preflight, recording, stages, summary
from keras_gans.runs.config import RunConfig
from keras_gans.training import callbacks, distribution


class Run:
    """A configuration with its data, its trainer and its files.

    Making one seeds Python, NumPy and TensorFlow, loads the data and builds the trainer.

    Args:
        config: `RunConfig`.
        write: bool. Whether anything may be written to the run directory.
        of: `RunConfig` of the run whose first stage this is; `None` means that it is none.

    Attributes:
        config: `RunConfig`.
        preset: `keras_gans.presets.Preset`, with what the run changes of it.
        out: `pathlib.Path`. The run directory.
        export_path: `pathlib.Path`. Where the SavedModel is, or will be.
        data: the images, as `keras_gans.data` loads them.
        encoded: `keras_gans.data.EncodedData`, what the trainer's encoder made of them, or `None`.
        num_classes: int. 0 without labels.
        trainer: `keras_gans.training.Trainer`.
        plan: `keras_gans.training.Plan`. Its phases.
        stopped: bool. Whether a signal or a full disk ended `train` before the end.

    Raises:
        ValueError: if the data do not fit the preset.
    """

    def __init__(self, config: RunConfig, *, write: bool = True, of: RunConfig | None = None) -> None:
        self.config, self.preset = config, config.resolved
        self.resumed_as = of or config
        self.encoded = None
        self.out = Path(config.out)
        self.export_path = self.out / "export"
        self.stopped = False
        keras.utils.set_random_seed(config.seed)
        if config.deterministic:
            # Another number of threads adds up in another order.
            tf.config.threading.set_intra_op_parallelism_threads(config.threads)
            tf.config.threading.set_inter_op_parallelism_threads(config.threads)
            tf.config.experimental.enable_op_determinism()
        self.strategy = distribution.get_strategy(config.strategy)
        self.chief = distribution.is_chief(self.strategy)
        bad_files = self.out / "bad_files.txt" if self.chief and write else None
        if bad_files:
            for old in self.out.glob("bad_files.txt*"):  # of an earlier try: none is written if all are good
                old.unlink()
        self.data = load_data(config, bad_files=bad_files, progress=self.chief)
        conditional = self.preset.data.conditional
        if conditional and not self.data.class_names:
            text = f"--conditional needs labels; {self.preset.data.spec} has none"
            raise ValueError("; ".join([text, *self.data.notes]))
        self.num_classes = len(self.data.class_names) if conditional else 0
        with self.strategy.scope():
            self.trainer = self.preset.make_trainer(num_classes=self.num_classes, seed=config.seed)
        if config.freeze_d:
            players = {player.name: player for player in self.trainer.players()}
            if "discriminator" not in players:
                raise ValueError(
                    f"--freeze-d leaves discriminators as they are; {self.preset.title} has none"
                )
            for discriminator in players["discriminator"].networks.values():
                networks.freeze(discriminator, config.freeze_d)
        self.plan = self.preset.build_plan()

    def __repr__(self) -> str:
        seen = int(self.trainer.images_seen.numpy())
        of = f"{seen:,} of {self.plan.total_images:,} images"
        return f"Run(preset={self.preset.name!r}, out={str(self.out)!r}, {of})"

    # === Phases ===

    def begin(self, phase: training.Phase) -> None:
        """Makes the trainer ready for a phase, in which it may be already."""
        trainer = self.trainer
        seen = int(trainer.images_seen.numpy())
        names = [player.optimizer for player in trainer.players()]
        optimizers = {name: getattr(trainer, name, None) for name in names}
        if None in optimizers.values() or (seen == phase.start and self.config.reset_optimizer):
            with self.strategy.scope():
                optimizers = self.preset.build_optimizers(trainer, phase.learning_rate)
        else:
            # Outside of the scope: in it, all workers would have to make one.
            new = self.preset.build_optimizers(trainer, phase.learning_rate)
            for name, optimizer in optimizers.items():
                optimizer.learning_rate = learning_rate_of(new[name])
        with precision_scope(self.preset.precision):
            trainer.begin_phase(phase)
            jit = "auto" if self.config.jit is None else self.config.jit
            trainer.compile(**optimizers, jit_compile=jit)

    def batches(self, phase: training.Phase, start: int) -> tf.data.Dataset:
        """Returns the input of `fit` from image number `start` on."""
        images, flip = (self.encoded or self.data).at(phase.resolution), self.preset.data.flip

        def pipeline(**share):
            return images.batches(seed=self.config.seed, start=start, flip=flip, **share)

        return distribution.distribute(self.strategy, pipeline, batch_size=phase.batch_size)

    def train(self, *, resume: bool = False) -> None:
        """Trains all phases, or what is left of them, and exports.

        Args:
            resume: bool. Whether to go on from the last checkpoint, if there is one.
        """
        with contextlib.ExitStack() as stack:
            if self.chief:
                stack.enter_context(training.RunLock(self.out))
            self.begin(self.plan.phases[0])
            state = training.RunState(self.out / "checkpoints", self.trainer)
            if resume:
                self._check_data()
            begun = resume and bool(state.checkpoints())
            if begun:
                self._restore(state)
            else:
                self._start()
            if self.chief:
                preflight.check_room(self, state)
                self._write(anew=not begun)
                self.describe(measure=False)
            try:
                if self.trainer.encoder is not None:
                    stages.encode(self, begun=begun)
                self._fit(state, stack)
                if not self.stopped:
                    state.save()
                    if self.chief:
                        self.export()
            except OSError as error:
                if not paths.is_disk_full(error):
                    raise
                self.stopped = True
                print(f"error: {error}. {self._safe(state)}", file=sys.stderr)
            if self.stopped:
                again = self.resumed_as
                command = f"keras-gans train {again.preset.model} --out {paths.argument(again.out)} --resume"
                print(f"stopped; go on with: {command}")

    def export_state(self, *, best: bool = False) -> None:
        """Exports the last state of the run directory, or the one with the best score."""
        with contextlib.ExitStack() as stack:
            if self.chief:
                stack.enter_context(training.RunLock(self.out))
            self.begin(self.plan.phases[0])
            folder = self.out / ("checkpoints_best" if best else "checkpoints")
            state = training.RunState(folder, self.trainer, clean=not best)
            if best and state.latest is None:
                raise ValueError(f"There is no best state in {folder}: a run with --metric keeps one")
            self._check_data()
            self._restore(state)
            self.export()

    def export(self) -> Path:
        """Writes the averaged networks as a SavedModel, with their card and a grid; returns its path."""
        return exporting.export(self)

    def describe(self, *, measure: bool) -> None:
        """Prints data, networks and phases, with the speed of each if `measure`."""
        if measure and self.trainer.encoder is not None:
            stages.encode_some(self, 8 * max(phase.batch_size for phase in self.plan.phases))
        summary.describe(self, measure=measure)

    def _check_data(self) -> None:
        """Refuses data that are not those that the run began with."""
        path = self.out / "data.json"
        if not path.exists():
            return
        try:
            before = image_sources.Fingerprint.from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{path} says nothing of the images. Bring it back from a copy: {error}"
            ) from error
        if changes := image_sources.fingerprint(self.data).difference(before):
            raise ValueError(
                f"{self.preset.data.spec} is not what the run in {self.out} began with: {'; '.join(changes)}."
                f" Name the data of then with --data, or begin another run with --init-from {self.out}."
            )

    def _write(self, *, anew: bool) -> None:
        """Writes what the run is and, unless it was known, what its data are."""
        path = self.out / "data.json"
        self.config.write()
        if anew or not path.exists():  # none of a run that keras_gans 0.2.0 began
            atomic.write_file(path, f"{image_sources.fingerprint(self.data).to_json()}\n".encode())

    def _restore(self, state: training.RunState) -> None:
        self._tell("restored", state.restore(), state)

    def _tell(self, what: str, path: str, state: training.RunState) -> None:
        """Says which checkpoint was read, and which newer ones could not be."""
        for other, reason in state.unreadable.items():
            print(f"passed over {other}: {reason}")
        print(f"{what} {path}", flush=True)

    def _safe(self, state: training.RunState) -> str:
        """What is left of a run that finds no more room."""
        if state.latest is None:
            return "No state has been saved yet. Make room, or name another --out"
        return f"The state in {state.latest} is safe. Make room, and go on from it"

    def _start(self) -> None:
        """The autoencoder of the first stage, and the networks of an import or another run."""
        if self.trainer.encoder is not None:
            stages.load_autoencoder(self)
        source = self.config.init_from
        if source is None:
            return
        if imported.start(self.trainer, source):
            print(f"networks of {source}", flush=True)
        else:
            folder = Path(source) / "checkpoints"
            source = training.RunState(folder, self.trainer, clean=False)
            self._tell("networks of", source.restore_networks(), source)

    def _fit(self, state: training.RunState, stack: contextlib.ExitStack) -> None:
        stopper = stack.enter_context(callbacks.StopOnSignal(state).installed())
        others = recording.callbacks_of(self, state)
        for phase in self.plan.phases:
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
        self.stopped = stopper.stopped


def load_data(config: RunConfig, **options: Any) -> Any:
    """Returns the images of a run, as the kind of its preset's data wants them.

    Args:
        config: `RunConfig`.
        **options: `bad_files` and `progress` of the loader.
    """
    preset = config.resolved
    data, resolution = preset.data, preset.resolution
    opened = {"split": config.split, "crop": data.crop}
    if data.kind in ("aligned", "unpaired"):
        pair = image_sources.open_pairs(data.spec, aligned=data.kind == "aligned", **opened)
        return image_sources.load_pairs(pair, resolution, jitter=data.jitter, **options)
    if data.kind in ("domains", "references"):
        source = image_sources.open_domains(data.spec, data.domains, **opened)
        references = data.kind == "references"
        return image_sources.load_domains(source, resolution, references=references, **options)
    source = image_sources.open_source(data.spec, **opened)
    return image_sources.load(source, resolution, channels=data.channels, **options)


def learning_rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Returns the number or the schedule that an optimizer got as its learning rate."""
    rate = optimizer.get_config()["learning_rate"]
    return keras.saving.deserialize_keras_object(rate) if isinstance(rate, dict) else rate
