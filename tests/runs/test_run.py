import json
import os
import shlex
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_gans
import tiny_presets
from keras_gans import cli, runs, training
from keras_gans.runs import exporting, recording
from keras_gans.runs.actions import configure
from keras_gans.runs.run import Run, learning_rate_of, load_data
from keras_gans.training.resume import read_manifest

QUIET = {"log_every": 8, "sample_every": 1000, "save_every": 1000, "tensorboard": False}
GROWING = {"fade_images": 16, "stable_images": 16, "final_images": 16}


def progan(**changes):
    return tiny_presets.tiny("progan", batch_size=8, **{**GROWING, **changes})


def make(out, preset=None, **fields):
    fields = {"data": "emoji:twemoji", "split": "test", **QUIET, **fields}
    return Run(configure(preset or progan(), out=out, **fields))


def final_state(out):
    """Every variable of the last checkpoint of a run."""
    reader = tf.train.load_checkpoint(str(out / "checkpoints"))
    names = [n for n in reader.get_variable_to_shape_map() if "VARIABLE_VALUE" in n and "manifest" not in n]
    return {n: reader.get_tensor(n) for n in names}


def photos(folder, labels, count=8, size=(8, 8)):
    """A folder of noise, with a folder for each label."""
    random = np.random.default_rng(0)
    for label in labels:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = random.integers(0, 255, (*size, 3)).astype("uint8")
            Image.fromarray(pixels).save(folder / label / f"{i}.png")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, untraced):
    """A run through both phases, whose export is real."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    fields = {**QUIET, "sample_every": 16, "save_every": 16}
    return runs.train(progan(), data="emoji:twemoji", split="test", out=out, seed=1, **fields)


def test_a_run_leaves_everything(whole):
    out = whole.out
    assert not whole.stopped and whole.export_path == out / "export"
    assert repr(whole) == f"Run(preset='progan_emoji_32', out='{out}', 48 of 48 images)"
    assert runs.RunConfig.read(out) == whole.config
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [8, 16, 24, 32, 40, 48]
    phases = ["4px stabilise", "8px fade", "8px stabilise"]
    assert [line["phase"] for line in lines] == [phase for phase in phases for _ in range(2)]
    assert all(np.isfinite(line["discriminator/loss"]) for line in lines)
    assert len(list((out / "samples").glob("*.png"))) == 3 and (out / "samples.png").exists()
    assert len(list((out / "checkpoints").glob("*.index"))) == 3
    card = json.loads((out / "export" / "card.json").read_text())
    assert (card["images_seen"], card["preset"]) == (48, "progan_emoji_twemoji_8")
    assert "CC BY 4.0" in card["data_license"]  # Twemoji's
    assert "`keras-gans train progan --preset progan_emoji_32`" in card["notes"][0]
    images = tf.saved_model.load(str(out / "export")).signatures["default"](tf.zeros((2, 6)))["default"]
    assert images.shape == (2, 8, 8, 3)


def test_nothing_global_is_left_behind(whole):
    """In a notebook, what comes next has the policy and the handlers of before."""
    assert keras.config.dtype_policy().name == "float32"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


class Signal(keras.callbacks.Callback):
    """Sends this process a signal at an image of the run, as a terminal or a batch system would."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.images_seen.numpy()) == self.images:
            os.kill(os.getpid(), signal.SIGTERM)


class Death(Signal):
    """Ends the run as if the process had died: nothing is saved."""

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.images_seen.numpy()) == self.images:
            raise ConnectionError("died")


def test_killed_and_stopped_runs_end_as_the_whole_one(whole, tmp_path, monkeypatch, capsys):
    """Died eight images after a checkpoint, then stopped; each resumed with the run directory alone."""
    exported = []
    monkeypatch.setattr(exporting, "export", lambda run: exported.append(run))
    made, added = recording.callbacks_of, [Death(24)]
    monkeypatch.setattr(recording, "callbacks_of", lambda run, state: [*made(run, state), *added])
    run = make(tmp_path / "run", seed=1, save_every=16)
    with pytest.raises(ConnectionError):
        run.train()
    added[:] = [Signal(32)]
    stopped = runs.resume(tmp_path / "run")
    assert stopped.stopped and not exported
    output = capsys.readouterr()
    assert f"stopped; go on with: keras-gans train progan --out {tmp_path / 'run'} --resume" in output.out
    assert "SIGTERM: saving after this step" in output.err and "restored " in output.out
    assert "ckpt-16" in output.out
    added.clear()
    assert not runs.resume(tmp_path / "run").stopped and len(exported) == 1
    expected, actual = final_state(whole.out), final_state(tmp_path / "run")
    assert expected.keys() == actual.keys() and len(expected) > 50
    for name, value in expected.items():
        np.testing.assert_array_equal(value, actual[name], err_msg=name)


def test_a_run_that_is_made_longer_ends_as_one_that_was_as_long(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "export", lambda run: None)
    preset = tiny_presets.tiny("dcgan", resolution=8, batch_size=4)
    make(tmp_path / "short", preset, seed=1, images=8).train()
    assert not runs.resume(tmp_path / "short", images=12).stopped
    assert runs.RunConfig.read(tmp_path / "short").extended_to == 12
    make(tmp_path / "long", preset, seed=1, images=12).train()
    expected, actual = final_state(tmp_path / "long"), final_state(tmp_path / "short")
    for name, value in expected.items():
        np.testing.assert_array_equal(value, actual[name], err_msg=name)


@pytest.fixture
def no_room(monkeypatch):
    """The logs of runs cannot grow: they lie on a device of Linux on which there is never room."""

    class Full(keras.callbacks.Callback):
        def __init__(self, path):
            super().__init__()
            self.path = path

        def on_train_begin(self, logs=None):
            self.path.symlink_to("/dev/full")

    made = recording.callbacks_of
    with monkeypatch.context() as patch:
        patch.setattr(
            recording, "callbacks_of", lambda run, state: [*made(run, state), Full(run.out / "log.jsonl")]
        )
        yield patch


def test_a_full_disk_stops_a_run(tmp_path, monkeypatch, no_room, capsys):
    """Where the log cannot grow, after a checkpoint; then, with room again, the run comes to its end."""
    exported = []
    monkeypatch.setattr(exporting, "export", exported.append)
    out = tmp_path / "run [1]"
    run = make(out, tiny_presets.tiny("dcgan"), images=12, log_every=8, save_every=4)
    run.train()
    assert run.stopped and not exported
    shown = capsys.readouterr()
    assert f"error: The disk is full: {out / 'log.jsonl'} could not be written; " in shown.err
    assert f"The state in {out / 'checkpoints' / 'ckpt-8'} is safe. Make room" in shown.err
    [hint] = [line for line in shown.out.splitlines() if line.startswith("stopped")]
    assert hint == f"stopped; go on with: keras-gans train dcgan --out '{out}' --resume"
    (out / "log.jsonl").unlink()
    no_room.undo()
    assert cli.main(shlex.split(hint.partition("keras-gans ")[2])) == 0 and len(exported) == 1


def test_a_full_disk_before_the_first_checkpoint(tmp_path, no_room, capsys):
    make(tmp_path / "run", tiny_presets.tiny("dcgan"), images=12, log_every=4).train()
    assert "No state has been saved yet. Make room, or name another --out" in capsys.readouterr().err


def test_other_errors_of_the_system_stay(tmp_path, monkeypatch):
    def fails(run, state):
        raise PermissionError("no")

    monkeypatch.setattr(recording, "callbacks_of", fails)
    with pytest.raises(PermissionError):
        make(tmp_path / "run", tiny_presets.tiny("dcgan"), images=12).train()


@pytest.fixture
def steps(monkeypatch):
    """Runs save a state every 4 images, without the training in between."""

    def fit(run, state, stack):
        for images in range(int(run.trainer.images_seen.numpy()) + 4, run.plan.total_images + 1, 4):
            run.trainer.images_seen.assign(images)
            state.save()

    monkeypatch.setattr(Run, "_fit", fit)
    monkeypatch.setattr(exporting, "export", lambda run: print("exported"))
    return tiny_presets.tiny("dcgan", resolution=8, batch_size=4)


def test_a_run_goes_on_with_its_own_data_alone(tmp_path, steps, capsys):
    photos(tmp_path / "photos", ["ant", "bee", "cow"], count=2)
    out = tmp_path / "run"
    make(out, steps, data=tmp_path / "photos", split="train", conditional=True, images=4).train()
    moved = (tmp_path / "photos").rename(tmp_path / "moved")
    runs.resume(out, data=moved, images=8)
    assert runs.RunConfig.read(out).data == str(moved)
    (moved / "ant").rename(moved / "dog")
    changes = (
        "class 'ant' was renamed or removed; class 'dog' was added; classes have other numbers: 'bee' is"
    )
    for action in (runs.resume, runs.export):
        with pytest.raises(ValueError, match=f"moved is not what the run in .* began with: {changes}"):
            action(out)
    (out / "data.json").write_text("{")
    with pytest.raises(
        ValueError, match=r"data\.json says nothing of the images\. Bring it back from a copy"
    ):
        runs.resume(out)
    (out / "data.json").unlink()  # as of version 0.2.0
    runs.resume(out)
    assert capsys.readouterr().out.count("exported") == 3
    assert json.loads((out / "data.json").read_text())["class_names"] == ["bee", "cow", "dog"]


def test_a_checkpoint_that_cannot_be_read_is_passed_over(tmp_path, steps, capsys):
    (tmp_path / "bad_files.txt").write_text("of an earlier try")
    make(tmp_path, steps, images=12).train()
    assert not (tmp_path / "bad_files.txt").exists()
    folder = tmp_path / "checkpoints"
    (folder / "ckpt-12.index").unlink()
    run = runs.resume(tmp_path)
    message = f"passed over {folder / 'ckpt-12'}: its index file is missing\nrestored {folder / 'ckpt-8'}"
    assert message in capsys.readouterr().out
    assert int(run.trainer.images_seen.numpy()) == 12
    for path in folder.glob("*.index"):
        path.unlink()
    with pytest.raises(ValueError, match=r"No checkpoint in .* can be read"):
        runs.resume(tmp_path)


# === Phases ===


@pytest.fixture(scope="module")
def phased(tmp_path_factory):
    return make(tmp_path_factory.mktemp("runs") / "phases")


@pytest.mark.parametrize("reset", [True, False])
def test_a_new_phase_forgets_the_moments_or_keeps_them(phased, reset, monkeypatch):
    monkeypatch.setattr(phased, "config", phased.config.replace(reset_optimizer=reset))
    first, second = phased.plan.phases
    phased.trainer.images_seen.assign(0)
    phased.begin(first)
    phased.trainer.generator_optimizer.variables[2].assign(
        tf.ones_like(phased.trainer.generator_optimizer.variables[2])
    )
    phased.trainer.images_seen.assign(first.batch_size)
    phased.begin(first)  # going on within a phase keeps them
    assert np.all(phased.trainer.generator_optimizer.variables[2].numpy() == 1.0)
    phased.trainer.images_seen.assign(second.start)
    phased.begin(second)
    moments = phased.trainer.generator_optimizer.variables[2].numpy()
    assert np.all(moments == (0.0 if reset else 1.0))


def test_learning_rate_of_the_phase(phased):
    phased.plan.learning_rates[8] = 5e-4
    for phase, rate in zip(phased.plan.phases, (1e-3, 5e-4), strict=True):
        for seen in (phase.start, phase.start + phase.batch_size):
            phased.trainer.images_seen.assign(seen)
            phased.begin(phase)
            found = float(phased.trainer.discriminator_optimizer.learning_rate.numpy())
            assert found == pytest.approx(rate)


def test_a_rate_that_changes_goes_on_within_a_phase(tmp_path):
    run = make(tmp_path, tiny_presets.tiny("ddpm", images=100))
    [phase] = run.plan.phases
    run.begin(phase)
    run.trainer.optimizer.iterations.assign(150)
    run.trainer.images_seen.assign(50)
    run.begin(phase)
    assert float(run.trainer.optimizer.learning_rate.numpy()) == pytest.approx(3e-4)
    assert type(learning_rate_of(run.trainer.optimizer)).__name__ == "PolynomialDecay"


def test_a_deterministic_run_pins_the_threads(tmp_path, monkeypatch):
    """TensorFlow takes these settings once in a process: here it is only asked for them."""
    asked = []
    for module, name in (
        (tf.config.threading, "set_intra_op_parallelism_threads"),
        (tf.config.threading, "set_inter_op_parallelism_threads"),
        (tf.config.experimental, "enable_op_determinism"),
    ):
        monkeypatch.setattr(module, name, lambda *args, name=name: asked.append((name, *args)))
    config = make(tmp_path / "run", deterministic=True).config
    assert asked == [
        ("set_intra_op_parallelism_threads", config.threads),
        ("set_inter_op_parallelism_threads", config.threads),
        ("enable_op_determinism",),
    ]
    asked.clear()
    make(tmp_path / "other")
    assert asked == []


# === Data and classes ===


def test_labels_are_needed_for_classes(tmp_path):
    photos(tmp_path, ["."])
    (tmp_path / "a.heic").write_bytes(b"")
    with pytest.raises(ValueError, match=r"--conditional needs labels; .* has none; 1 image in a format"):
        make(tmp_path / "run", data=tmp_path, split="train", conditional=True)
    assert not (tmp_path / "run").exists()


def test_own_images_with_classes_on_two_replicas(tmp_path, monkeypatch):
    """A folder of classes, labels, mixed precision: the other ways of a run."""
    made = []
    monkeypatch.setattr(exporting, "export", made.append)
    photos(tmp_path / "photos", ["cats", "dogs"], size=(10, 12))
    fields = {"crop": "center", "conditional": True, "precision": "mixed_bfloat16", "jit": False}
    preset = tiny_presets.tiny("dcgan", batch_size=8)
    run = make(
        tmp_path / "run",
        preset,
        data=tmp_path / "photos",
        split="train",
        strategy="mirrored",
        images=8,
        **fields,
    )
    run.train()
    assert made == [run] and run.num_classes == 2 and run.strategy.num_replicas_in_sync == 2
    assert run.trainer.generator.compute_dtype == "bfloat16"
    assert tuple(run.data.class_names) == ("cats", "dogs")
    assert int(run.trainer.images_seen.numpy()) == 8 and int(run.trainer.skipped_steps.numpy()) == 0


KINDS = [
    ("pix2pix", {"data": "emoji:noto,fluent"}, "emoji:noto (test) to emoji:fluent (test)"),
    ("cyclegan", {}, "emoji:twemoji (test) to emoji:fluent (test), unpaired"),
    ("stargan", {"data": "emoji:noto"}, "emoji:noto"),
    ("stargan_v2", {"data": "emoji:noto,fluent"}, "emoji:noto,fluent"),
]


@pytest.mark.parametrize("model, fields, text", KINDS)
def test_the_kinds_of_data(model, fields, text):
    config = configure(tiny_presets.tiny(model, resolution=8), out="nowhere", split="test", **fields)
    data = load_data(config, progress=False)
    assert text in data.summary()
    if model == "stargan":
        assert data.class_names[-1] == "dark" and not data.references
    if model == "stargan_v2":
        assert data.class_names == ("noto", "fluent") and data.references


@pytest.mark.parametrize("model, resolution", [("ddpm", 12), ("dcgan", 8)])
def test_grey_from_the_data_to_the_networks_and_the_scores(tmp_path, model, resolution):
    """Of a size that a U-Net can halve, though it is no power of two."""
    run = make(tmp_path, tiny_presets.tiny(model, resolution=resolution), channels="grey")
    phase = run.plan.phases[0]
    [batch] = run.batches(phase, 0).take(1)
    assert batch["images"].shape == (phase.batch_size, resolution, resolution, 1)
    for network in {"ddpm": ["denoiser"], "dcgan": ["generator", "discriminator"]}[model]:
        assert getattr(run.trainer, network).channels == 1
    assert recording.reference(run, resolution).take(np.arange(2)).shape == (2, resolution, resolution, 1)


@pytest.mark.parametrize(
    "model, data, message",
    [
        ("cyclegan", "emoji", r"Two sets of images must be .* Received: 'emoji'"),
        ("stargan", "PHOTOS", r"several domains must be .* which has one"),
    ],
)
def test_the_other_kind_of_data_is_refused(tmp_path, model, data, message):
    photos(tmp_path, ["."], count=1)
    split = {} if data == "emoji" else {"split": "train"}
    with pytest.raises(ValueError, match=message):
        make(tmp_path / "run", tiny_presets.tiny(model), data=data.replace("PHOTOS", str(tmp_path)), **split)


# === Other runs ===


def test_networks_of_another_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exporting, "export", lambda run: None)
    preset = tiny_presets.tiny("dcgan", resolution=16)
    first, second = tmp_path / "first", tmp_path / "second"
    make(first, preset, images=12).train()
    run = make(second, preset, images=4, data="emoji:noto", init_from=first, freeze_d=1)
    run.train()
    assert f"networks of {first / 'checkpoints' / 'ckpt-12'}" in capsys.readouterr().out
    assert int(run.trainer.images_seen.numpy()) == 4
    before, after = final_state(first), final_state(second)
    manifest = read_manifest(tf.train.latest_checkpoint(str(second / "checkpoints")))

    def key(group, i):
        return f"{group}/{i}/.ATTRIBUTES/VARIABLE_VALUE"

    kernels = {
        path: np.array_equal(before[key("discriminator", i)], after[key("discriminator", i)])
        for i, (path, shape) in enumerate(manifest["discriminator"])
        if len(shape) == 4
    }
    assert list(kernels.values()) == [True, *[False] * (len(kernels) - 1)] and len(kernels) > 1
    # The average goes on from the other run's: a step does not replace it by the weights.
    [group] = [name for name in manifest if name.startswith("generator_") and "optimizer" not in name]
    numbers = [i for i, (path, _) in enumerate(manifest[group]) if "moving" not in path]  # these are copied

    def largest(other):
        return max(np.max(np.abs(after[key(group, i)] - other(i))) for i in numbers)

    moved = largest(lambda i: before[key(group, i)])
    distance = largest(lambda i: after[key("generator", i)])
    assert 0.0 < moved < 0.1 * distance


def test_networks_of_the_newest_checkpoint_that_can_be_read(tmp_path, steps, capsys):
    make(tmp_path / "first", steps, images=8).train()
    folder = tmp_path / "first" / "checkpoints"
    (folder / "ckpt-8.index").unlink()
    make(tmp_path / "second", steps, images=4, init_from=tmp_path / "first").train()
    message = f"passed over {folder / 'ckpt-8'}: its index file is missing\nnetworks of {folder / 'ckpt-4'}"
    assert message in capsys.readouterr().out


def test_what_a_transfer_needs(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint in"):
        make(tmp_path / "a", tiny_presets.tiny("dcgan"), init_from=tmp_path / "none").train()
    with pytest.raises(ValueError, match="--freeze-d leaves discriminators as they are; DDPM has none"):
        make(tmp_path / "b", tiny_presets.tiny("ddpm"), init_from=tmp_path / "none", freeze_d=1)


def test_a_run_directory_in_use_is_refused(tmp_path):
    run = make(tmp_path / "run", tiny_presets.tiny("dcgan"))
    with training.RunLock(tmp_path / "run"), pytest.raises(RuntimeError, match="in use by pid"):
        run.train()


def test_the_state_that_is_exported(whole, monkeypatch, tmp_path):
    exported = []
    monkeypatch.setattr(exporting, "export", lambda run: exported.append(run.trainer.images_seen.numpy()))
    runs.export(whole.out)
    assert exported == [48]
    with pytest.raises(ValueError, match=r"no best state in .*checkpoints_best: a run with --metric"):
        runs.export(whole.out, best=True)
    assert not (whole.out / "checkpoints_best").exists()


# === Sizes ===


OTHERS = ("progan", "stylegan", "stylegan2", "sngan", "ddpm")


@pytest.mark.parametrize("model", ["dcgan", *(pytest.param(name, marks=pytest.mark.full) for name in OTHERS)])
def test_images_that_are_not_square(tmp_path, monkeypatch, untraced, model):
    """From the folder to the export, which `full` makes; a run that died and went on ends with its bits."""
    photos(tmp_path / "photos", ["."], count=9, size=(26, 16))
    growing = {"progan": GROWING, "stylegan": {**GROWING, "first_resolution": 4}}.get(model, {"images": 16})
    preset = tiny_presets.tiny(model, resolution=(12, 8), **growing)
    fields = {"data": str(tmp_path / "photos"), "crop": "center", "split": "train", "save_every": 4}
    fields |= {"conditional": False}
    whole = make(tmp_path / "whole", preset, **fields)
    if model == "dcgan":
        monkeypatch.setattr(exporting, "export", lambda run: None)
    whole.train()
    config = json.loads((whole.out / "config.json").read_text())
    assert config["preset"]["resolution"] == [12, 8]
    assert runs.RunConfig.read(whole.out).resolved.resolution == (12, 8)
    assert exporting.name_of(whole) == f"{model}_photos_12x8"
    grid = recording.sample_grid(whole)
    grid.set_model(whole.trainer)
    assert [side % size for side, size in zip(grid.draw().shape[:2], (12, 8), strict=True)] == [0, 0]
    if model != "dcgan":
        assert keras_gans.load(whole.export_path).sample(3).shape == (3, 12, 8, 3)
        assert cli.main(["check", str(whole.export_path)]) == 0

    made, added = recording.callbacks_of, [Death(8)]
    monkeypatch.setattr(recording, "callbacks_of", lambda run, state: [*made(run, state), *added])
    with pytest.raises(ConnectionError):
        make(tmp_path / "died", preset, **fields).train()
    added.clear()
    monkeypatch.setattr(exporting, "export", lambda run: None)
    runs.resume(tmp_path / "died")
    expected, actual = final_state(whole.out), final_state(tmp_path / "died")
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, actual[name], err_msg=name)
