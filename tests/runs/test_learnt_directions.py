import functools
import json
import signal

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import hub, networks, runs, training
from keras_gans.runs import learnt_directions
from keras_gans.training import callbacks


@pytest.fixture
def small(monkeypatch):
    """Few pairs to measure on, a narrow reconstructor, and nothing traced."""
    untraced = functools.partialmethod(training.DirectionTrainer.compile, run_eagerly=True)
    monkeypatch.setattr(training.DirectionTrainer, "compile", untraced)
    monkeypatch.setattr(learnt_directions, "PAIRS", 16)
    monkeypatch.setattr(learnt_directions, "BATCH", 8)
    tf.config.run_functions_eagerly(True)
    yield lambda **sizes: networks.LeNetReconstructor(width=3, **sizes)
    tf.config.run_functions_eagerly(False)


def test_directions_in_z(preset, small, tmp_path, capsys):
    """The folder goes on where it was: what has been trained to the end is only measured."""
    model = hub.load(preset)
    options = {"count": 3, "reconstructor": small, "learning_rate": 1e-2}
    found = runs.learn_directions(model, tmp_path, images=16, **options)
    assert (found.space, found.method, found.vectors.shape) == ("z", "voynov", (3, 5))
    np.testing.assert_allclose(found.vectors @ found.vectors.T, np.eye(3), atol=1e-5)
    assert set(found.facts["told_apart"]) == {"learnt", "random", "coordinate"}
    assert all(0.0 <= share <= 1.0 for share in found.facts["told_apart"].values())
    assert len(found.facts["accuracy"]) == 3 and found.facts["pairs_seen"] == 16
    lines = (tmp_path / "learnt" / "log.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["images"] == 16
    assert "learnt" in capsys.readouterr().out
    again = runs.learn_directions(model, tmp_path, images=16, compare=False, **options)
    np.testing.assert_array_equal(again.vectors, found.vectors)
    assert again.facts["accuracy"] == found.facts["accuracy"]
    assert (tmp_path / "learnt" / "log.jsonl").read_text().splitlines() == lines


def test_directions_in_w(styled, small, tmp_path):
    """Vectors are as long as styles deviate along them."""
    model = hub.load(styled.path)
    options = {"count": 2, "reconstructor": small, "compare": False, "constraint": "unit"}
    found = runs.learn_directions(model, tmp_path, images=8, **options)
    styles = model.styles(model.random_latents(4096))[:, 0]
    units = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(
        (styles @ units.T).std(axis=0), np.linalg.norm(found.vectors, axis=1), rtol=1e-3
    )
    assert found.space == "w" and list(found.facts["told_apart"]) == ["learnt"]


def test_the_reconstructor_fits_the_images(preset, monkeypatch):
    model = hub.load(preset)
    options = {
        "space": "z",
        "scale": 1.0,
        "label": None,
        "constraint": None,
        "seed": 0,
        "reconstructor": None,
    }
    trainer = learnt_directions.make_trainer(model, np.eye(2, 5), **options)
    assert isinstance(trainer.reconstructor, networks.LeNetReconstructor)
    monkeypatch.setattr(learnt_directions, "SMALL", 2)
    monkeypatch.setattr(networks, "ResNet18Reconstructor", lambda **sizes: small_one(sizes))
    trainer = learnt_directions.make_trainer(model, np.eye(2, 5), **options)
    assert trainer.reconstructor.width == 2
    assert (trainer.reconstructor.resolution, trainer.reconstructor.num_directions) == (4, 2)


def small_one(sizes):
    return networks.LeNetReconstructor(width=2, **sizes)


def test_what_cannot_be_learnt(preset, tmp_path):
    model = hub.load(preset)
    with pytest.raises(ValueError, match=r"one of orthonormal, unit, free. Received: 'round'"):
        runs.learn_directions(model, tmp_path, constraint="round")
    with pytest.raises(ValueError, match=r"from 2 to 5. Received: 6"):
        runs.learn_directions(model, tmp_path, count=6)


def test_a_signal_keeps_what_was_trained(preset, small, tmp_path, monkeypatch):
    """Ctrl-C saves and ends; the same call goes on from there."""
    fired, made = [], []
    original = callbacks.StopOnSignal.__init__

    def remember(self, run_state):
        original(self, run_state)
        made.append(self)

    def interrupt(self, batch, logs=None):
        if not fired:
            fired.append(batch)
            made[-1]._handle(signal.SIGTERM, None)

    monkeypatch.setattr(callbacks.StopOnSignal, "__init__", remember)
    monkeypatch.setattr(callbacks.ProgressLog, "on_train_batch_begin", interrupt)
    model = hub.load(preset)
    options = {"count": 2, "reconstructor": small, "compare": False, "images": 24}
    with pytest.raises(KeyboardInterrupt):
        runs.learn_directions(model, tmp_path, **options)
    assert [path.name for path in (tmp_path / "learnt" / "checkpoints").glob("*.index")] == ["ckpt-8.index"]
    found = runs.learn_directions(model, tmp_path, **options)
    assert found.facts["pairs_seen"] == 24
    assert (tmp_path / "learnt" / "checkpoints" / "ckpt-24.index").exists()
