import contextlib
import functools
import json
import os
import shutil
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

import tiny_presets
from keras_gans import hub, runs
from keras_gans.runs import exporting, recording, stages, summary

QUIET = {"log_every": 8, "sample_every": 1000, "save_every": 8, "tensorboard": False}
DATA = {"data": "emoji:twemoji", "split": "test"}
LENGTH = 16
pytestmark = pytest.mark.usefixtures("untraced")


def preset():
    return tiny_presets.tiny("latent_diffusion", sampling_steps=2)


def train(out, **fields):
    first = {} if "autoencoder" in fields else {"autoencoder_images": LENGTH}
    fields = {**DATA, **QUIET, "images": LENGTH, **first, **fields}
    return runs.train(preset(), out=out, seed=1, **fields)


def final_state(out):
    """Every variable of the last checkpoint of a run."""
    reader = tf.train.load_checkpoint(str(out / "checkpoints"))
    names = [n for n in reader.get_variable_to_shape_map() if "VARIABLE_VALUE" in n and "manifest" not in n]
    return {n: reader.get_tensor(n) for n in names}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)


def keep_networks(run):
    """Of an export, what the second stage reads."""
    folder = run.export_path / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    for role, network in run.trainer.kept_networks().items():
        network.save(folder / f"{role}.keras")
    return run.export_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory, untraced):
    """Both stages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "export", keep_networks)
        return train(tmp_path_factory.mktemp("runs") / "whole", conditional=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """What a second stage reads of an export: an autoencoder, which here nobody has trained."""
    networks = preset().first_stage.build_networks(num_classes=0)
    folder = tmp_path_factory.mktemp("source") / "networks"
    folder.mkdir()
    networks["autoencoder"].save(folder / "autoencoder.keras")
    return folder.parent


def test_both_stages_leave_everything(whole):
    out = whole.out
    assert not whole.stopped and whole.preset.model == "latent_diffusion"
    for folder in (out, out / "autoencoder"):
        lines = (folder / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["images"] for line in lines] == [8, 16]
        assert len(list((folder / "checkpoints").glob("*.index"))) == 2
    assert (out / "latents" / "encoded.npy").exists()
    config = runs.RunConfig.read(out / "autoencoder")
    assert (config.preset.model, config.seed, config.perceptual) == ("autoencoder", 1, "pixels")


def test_latents_have_the_standard_deviation_one(whole):
    batch = next(iter(whole.batches(whole.plan.phases[0], 0).batch(64)))
    encoded = tf.reshape(batch["images"], (-1, *batch["images"].shape[2:]))
    mean, log_variance = np.split(encoded.numpy(), 2, axis=-1)
    noise = np.random.default_rng(0).standard_normal(mean.shape)
    latents = (mean + np.exp(0.5 * log_variance) * noise) / float(whole.trainer.latent_scale)
    assert latents.std() == pytest.approx(1.0, abs=0.05)


@pytest.mark.full
def test_the_exports_decode_encode_and_make_images_of_a_class(tmp_path):
    run = train(tmp_path / "run", conditional=True)
    model = hub.load(run.export_path)
    assert model.is_latent and model.state_shape == (4, 4, 2) and model.image_shape == (8, 8, 3)
    pictures = run.data.take(np.arange(3)).astype("float32") / 255.0
    latents = model.encode(pictures)
    average = run.trainer.autoencoder
    expected = average.decode(average.encode(2.0 * pictures - 1.0)[..., :2])
    expected = np.clip(0.5 * expected + 0.5, 0.0, 1.0)
    np.testing.assert_allclose(model.decode(latents), expected, atol=1e-4)
    frames = model.denoise_frames(model.latents([1]), steps=3, frames=4)
    assert frames.shape == (4, 1, 8, 8, 3) and np.abs(frames).max() <= 1.0
    assert model.sample(2, label=model.class_names[1], guidance=2.0).shape == (2, 8, 8, 3)
    seen = hub.load(run.out / "autoencoder" / "export").translate(pictures)
    np.testing.assert_allclose(seen, expected, atol=1e-4)


def test_another_run_takes_the_autoencoder_and_refuses_one_that_replaces_it(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "export", lambda run: None)
    source = shutil.copytree(whole.out / "autoencoder" / "export", tmp_path / "autoencoder")
    run = train(tmp_path / "run", autoencoder=str(source), conditional=True)
    assert not (tmp_path / "run" / "autoencoder").exists()
    assert_same(final_state(whole.out), final_state(run.out))
    network = run.trainer.autoencoder
    type(network).from_config(network.get_config()).save(source / "networks" / "autoencoder.keras")
    with pytest.raises(ValueError, match=r"is not the one that the run in .* began with.*another --out"):
        runs.resume(tmp_path / "run", images=2 * LENGTH)


class Kill(keras.callbacks.Callback):
    """Ends the run at an image, as if the process had died, or by a signal that lets it save."""

    def __init__(self, model, images, *, dies):
        super().__init__()
        self.kind, self.images, self.dies = model, images, dies

    def on_train_batch_end(self, batch, logs=None):
        here = type(self.model).__name__ == self.kind and int(self.model.images_seen.numpy()) == self.images
        if here and self.dies:
            raise ConnectionError("died")
        if here:
            os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def ended_at(place, added):
    """What runs meanwhile ends at a place: at an image of a stage, or in a function."""
    if isinstance(place, tuple):
        kind, images, dies = place
        added.append(Kill(kind, images, dies=dies))
        yield dies
        added.clear()
        return

    def die(*arguments, **options):
        raise ConnectionError("died")

    owner, name = (exporting, "export") if "export" in place else (stages.image_sources, "encode")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(owner, name, die)
        yield True


@pytest.mark.parametrize(
    "places",
    [
        [("AutoencoderTrainer", 12, True), "latents", ("LatentDiffusionTrainer", 12, False)],
        pytest.param(
            [
                ("AutoencoderTrainer", 8, False),
                "export of the first stage",
                ("LatentDiffusionTrainer", 4, True),  # no checkpoint yet
            ],
            marks=pytest.mark.full,
        ),
    ],
)
def test_a_run_that_was_killed_again_and_again_ends_as_the_whole_one(
    whole, tmp_path, monkeypatch, capsys, places
):
    """What is compared are the last checkpoints of both stages, bit for bit."""
    made, added, out = recording.callbacks_of, [], tmp_path / "run"
    monkeypatch.setattr(exporting, "export", keep_networks)
    monkeypatch.setattr(recording, "callbacks_of", lambda run, state: [*made(run, state), *added])
    for place in places:
        with ended_at(place, added) as dies:
            go_on = (
                functools.partial(runs.resume, out) if out.exists() else lambda: train(out, conditional=True)
            )
            if dies:
                with pytest.raises(ConnectionError):
                    go_on()
            else:
                assert go_on().stopped
                again = f"go on with: keras-gans train latent_diffusion --out {out} --resume"
                assert again in capsys.readouterr().out
    run = runs.resume(out)
    assert not run.stopped
    assert_same(final_state(whole.out), final_state(run.out))
    assert_same(final_state(whole.out / "autoencoder"), final_state(run.out / "autoencoder"))


def test_what_is_no_autoencoder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=f"no autoencoder in {tmp_path}, which keeps no network"):
        train(tmp_path / "run", autoencoder=str(tmp_path))
    with pytest.raises(ValueError, match="is for latent diffusion; DDPM has no autoencoder"):
        runs.actions.configure("ddpm_emoji_32", autoencoder=str(tmp_path))


@pytest.mark.parametrize("field, value", [("autoencoder_images", 100), ("perceptual", "pixels")])
def test_what_is_for_an_autoencoder_to_be_trained_is_refused_with_another(source, tmp_path, field, value):
    flag = field.replace("_", "-")
    with pytest.raises(ValueError, match=f"--{flag} is for an autoencoder that is trained first"):
        train(tmp_path / "run", autoencoder=str(source), **{field: value})


def test_an_autoencoder_of_other_images_is_refused(source, tmp_path):
    with pytest.raises(ValueError, match=r"takes 3 channels and any px\. The run has 1 channels and 8 px"):
        train(tmp_path / "run", autoencoder=str(source), channels="grey")


def test_a_dry_run_shows_both_stages(monkeypatch, capsys):
    measure = summary.images_per_second

    def of_the_second(run, phase):
        """Steps of an autoencoder take seconds, and have their own tests."""
        return measure(run, phase, steps=1) if run.preset.first_stage is not None else 1.0

    monkeypatch.setattr(summary, "images_per_second", of_the_second)
    fields = {**DATA, "images": LENGTH, "autoencoder_images": LENGTH}
    runs.describe(preset(), **fields)
    output = capsys.readouterr().out
    assert output.index("KLAutoencoder") < output.index("second stage") < output.index("UNet")
