import numpy as np
import pytest
from reference.parity import load

import tiny_presets
from keras_gans import importers, runs
from keras_gans.export import savedmodel
from keras_gans.importers.assign import Tensors
from keras_gans.runs import imported


@pytest.fixture(scope="module")
def networks():
    """A generator and a discriminator that were imported, of 32 px."""
    config, tensors, _ = load("stylegan2_ada_32")
    return importers.stylegan2.networks_from_tensors(config, Tensors(tensors))


@pytest.fixture
def source(networks, tmp_path):
    """The folder of an import, as far as a run reads it."""
    folder = tmp_path / "imported" / savedmodel.NETWORKS
    folder.mkdir(parents=True)
    for role, network in networks.items():
        network.save(folder / f"{role}.keras")
    return folder.parent


def configured(source, out, **fields):
    preset = tiny_presets.tiny("stylegan2", batch_size=2)
    fields = {"data": "emoji:twemoji", "split": "test", "no_ada": True, "resolution": 32, **fields}
    return runs.actions.configure(preset, out=out, init_from=source, **fields)


def assert_same(one, other):
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def begun(source, out, monkeypatch):
    """A run of ten steps that writes no export."""
    config = configured(source, out, images=20, freeze_d=1)
    run = runs.Run(config)
    monkeypatch.setattr(run, "export", lambda: None)
    return run


def test_a_run_begins_with_the_imported_networks(networks, source, tmp_path, monkeypatch, capsys):
    run = begun(source, tmp_path / "run", monkeypatch)
    assert run.config.preset.networks["generator"]["config"]["channel_max"] == 16
    run._start()
    assert f"networks of {source}" in capsys.readouterr().out
    assert_same(run.trainer.generator, networks["generator"])
    assert_same(run.trainer.generator_average, networks["generator"])
    assert_same(run.trainer.discriminator, networks["discriminator"])


@pytest.mark.full
def test_ten_steps(networks, source, tmp_path, monkeypatch):
    """The average goes on from the imported weights: it has moved less than the weights themselves."""
    run = begun(source, tmp_path / "run", monkeypatch)
    run.train()
    trainer = run.trainer
    assert int(trainer.step.numpy()) == 10

    def largest(one, other):
        pairs = zip(one.trainable_weights, other.trainable_weights, strict=True)
        return [float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs]

    moved = max(largest(trainer.generator_average, networks["generator"]))
    assert 0.0 < moved < 0.1 * max(largest(trainer.generator, networks["generator"]))
    kept = [weights for weights in trainer.discriminator.weights if "from_rgb" in weights.path]
    imported = [weights for weights in networks["discriminator"].weights if "from_rgb" in weights.path]
    for ours, theirs in zip(kept, imported, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_needs_all_networks_and_their_sizes(source, tmp_path):
    with pytest.raises(ValueError, match=r"has --resolution 32, classes 0. The run has --resolution 16"):
        runs.Run(configured(source, tmp_path / "run", resolution=16))._start()
    (source / savedmodel.NETWORKS / "discriminator.keras").unlink()
    with pytest.raises(ValueError, match=r"it lacks discriminator. Import the files of all"):
        configured(source, tmp_path / "run")


def test_what_is_no_import(tmp_path):
    preset = tiny_presets.tiny("dcgan")
    assert imported.adopted(preset, tmp_path) is preset
    assert not imported.start(None, tmp_path)
