import functools
import json
import types

import numpy as np
import pytest
from PIL import Image

import tiny_presets
from keras_gans import data, metrics, runs
from keras_gans.metrics import cache
from keras_gans.runs import exporting, recording
from keras_gans.runs.actions import configure
from keras_gans.runs.run import Run
from keras_gans.training import MetricMonitor, callbacks

METRIC = {"metric": "fid16", "metric_every": 16}


def make(out, model="progan", **fields):
    fields = {"data": "emoji:twemoji", "split": "test", "tensorboard": False, **fields}
    preset = tiny_presets.tiny(model, batch_size=8)
    if model == "progan":
        preset = preset.replace(fade_images=16, stable_images=16, final_images=16)
    return Run(configure(preset, out=out, **fields))


@pytest.fixture
def cheap(monkeypatch):
    monkeypatch.setattr(metrics, "get_extractor", lambda name: metrics.random_projection(4, 5))
    monkeypatch.setattr(metrics, "Cache", lambda: None)


def test_samples_show_every_class_in_a_column(tmp_path):
    run = make(tmp_path, conditional=True)
    latents, labels = recording.sample_inputs(run, rows=2)
    assert latents.shape == (18, 6) and labels.tolist() == list(range(9)) * 2
    assert run.trainer.generator.num_classes == 9
    plain = make(tmp_path)
    assert recording.sample_inputs(plain).shape == (64, 6)
    np.testing.assert_array_equal(recording.sample_inputs(plain)[:18], latents)


@pytest.mark.usefixtures("untraced", "cheap")
def test_the_best_state_is_kept_and_can_be_exported(tmp_path, monkeypatch):
    exported = []
    monkeypatch.setattr(exporting, "export", lambda run: exported.append(run.trainer.images_seen.numpy()))
    run = make(tmp_path / "run", **METRIC)
    run.train()
    records = [json.loads(line) for line in (run.out / "metrics.jsonl").read_text().splitlines()]
    assert [record["images"] for record in records] == [16, 32, 48]
    assert records[0]["best"] and records[-1]["resolution"] == 8
    runs.export(run.out, best=True)
    best = [record["images"] for record in records if record["best"]]
    assert exported == [48, best[-1]]


def test_the_reference_of_scores(tmp_path, cheap, monkeypatch):
    run = make(tmp_path / "a", conditional=True, **METRIC)
    reference = recording.monitor(run).reference
    first = reference(8)
    assert reference(8) is first  # what identifies it is not sought again
    assert first.identity == cache.digest_of_images(run.data.images)
    assert reference(4).identity == cache.digest_of_images(run.data.at(4).images)
    counts = np.bincount(run.data.labels, minlength=run.num_classes)
    np.testing.assert_array_equal(first.class_frequencies(), counts)


def test_the_reference_of_images_that_stay_on_disk(tmp_path, cheap, monkeypatch):
    for number in range(20):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    monkeypatch.setattr(data, "load", functools.partial(data.load, cache=False))
    reference = recording.monitor(make(tmp_path / "b", data=tmp_path, split="train", **METRIC)).reference
    assert isinstance(reference(8).identity[0], str) and reference(8).identity[1:] == [None, 8]
    assert reference(4).identity[1:] == [None, 4]


def test_scores_go_to_the_event_files(tmp_path, cheap, monkeypatch):
    board = types.SimpleNamespace(writer="events")
    monkeypatch.setattr(callbacks, "TensorBoard", lambda *args, **options: board)
    run = make(tmp_path, **{**METRIC, "tensorboard": True})
    run.begin(run.plan.phases[0])
    found = recording.callbacks_of(run, None)
    assert [one.writer for one in found if isinstance(one, MetricMonitor)] == ["events"] and board in found
    assert isinstance(found[-1], callbacks.ProgressLog)  # it resets the means that the others read


def test_scores_need_latents(tmp_path):
    with pytest.raises(ValueError, match="made of latents; CycleGAN has none"):
        recording.monitor(make(tmp_path, "cyclegan", data="emoji:twemoji,fluent", metric="fid64"))
