import functools
import json
import types

import numpy as np
import pytest
from PIL import Image

import common
import progan
from keras_gans import data, metrics
from keras_gans.metrics import cache
from keras_gans.training import MetricMonitor, callbacks
from run import Run


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    def make(*argv):
        out = tmp_path_factory.mktemp("run") / "new"
        flags = ["--preset", "progan_emoji_16", "--resolution", "8", "--data", "emoji:twemoji", *argv]
        arguments = common.parse("progan", "", [*flags, "--out", str(out)])
        config = common.configure("progan", arguments)
        return Run(config, "Progressive GAN", progan.build, progan.optimizer, write=False)

    return make


def test_length_and_phases(make):
    run = make("--images", "1000")
    assert abs(run.schedule.total_images - 1000) < 64
    names = {run.schedule.describe(images) for images in range(1, run.schedule.total_images + 1)}
    assert names == {"4px stabilise", "8px fade", "8px stabilise"}
    first = run.schedule.phases[0]
    assert run.schedule.describe(first.end) == "4px stabilise"
    assert run.schedule.describe(first.end + 1) == "8px fade"


@pytest.mark.parametrize("flag, kept", [("--reset-optimizer", False), ("--no-reset-optimizer", True)])
def test_a_new_phase_forgets_the_moments_or_keeps_them(make, flag, kept):
    run = make("--images", "100", flag)
    first, second = run.schedule.phases
    run.begin(first)
    moments = run.trainer.generator_optimizer.variables[2]
    moments.assign(np.ones(moments.shape))
    run.trainer.images_seen.assign(second.start)
    run.begin(second)
    moments = run.trainer.generator_optimizer.variables[2].numpy()
    assert np.all(moments == (1.0 if kept else 0.0))


def test_going_on_within_a_phase_keeps_the_moments(make):
    run = make("--images", "1000")
    first = run.schedule.phases[0]
    run.begin(first)
    moments = run.trainer.generator_optimizer.variables[2]
    moments.assign(np.ones(moments.shape))
    run.trainer.images_seen.assign(first.batch_size)
    run.begin(first)
    assert np.all(run.trainer.generator_optimizer.variables[2].numpy() == 1.0)


def test_samples_show_every_class_in_a_column(make):
    run = make("--conditional")
    latents, labels = run.sample_inputs(rows=2)
    assert latents.shape == (18, 64)
    assert labels.tolist() == list(range(9)) * 2
    assert run.trainer.generator.num_classes == 9


def test_learning_rate_of_the_phase(make):
    run = make("--images", "100")
    run.schedule.learning_rates[8] = 5e-4
    for phase, rate in zip(run.schedule.phases, (1e-3, 5e-4), strict=True):
        run.trainer.images_seen.assign(phase.start)
        run.begin(phase)
        assert float(run.trainer.discriminator_optimizer.learning_rate.numpy()) == pytest.approx(rate)


def test_an_export_before_the_last_fade_is_refused(make):
    run = make("--images", "1000")
    with pytest.raises(ValueError, match="have not grown to 8 px yet: 0 images seen of"):
        run.export()


METRIC = ("--metric", "fid16", "--metric-every", "32", "--batch-size", "8")


@pytest.fixture
def cheap(monkeypatch):
    monkeypatch.setattr(metrics, "get_extractor", lambda name: metrics.random_projection(4, 5))
    monkeypatch.setattr(metrics, "Cache", lambda: None)


def test_the_best_state_can_be_exported(make, cheap, monkeypatch):
    exported = []
    monkeypatch.setattr(Run, "export", lambda run: exported.append(int(run.trainer.images_seen.numpy())))
    run = make("--images", "200", *METRIC, "--save-every", "1000", "--no-tensorboard")
    assert not run.train(resume=False)
    records = [json.loads(line) for line in (run.out / "metrics.jsonl").read_text().splitlines()]
    best = [record["images"] for record in records if record["best"]]
    assert min(best) < 200 and records[-1]["resolution"] == 8
    again = Run(run.config, run.title, progan.build, progan.optimizer, write=False)
    again.train(resume=False, export_only=True, best=True)
    assert exported == [run.schedule.total_images, best[-1]]


def test_without_a_best_state(make):
    run = make("--images", "200")
    with pytest.raises(
        ValueError, match=r"no best state in .*checkpoints_best: a run with --metric keeps one"
    ):
        run.train(resume=False, export_only=True, best=True)
    assert not (run.out / "checkpoints_best").exists()


def test_the_reference_of_scores(make, cheap, monkeypatch, tmp_path):
    run = make(*METRIC, "--conditional")
    reference = run.monitor().reference
    first = reference(8)
    assert reference(8) is first  # what identifies it is not sought again
    assert first.identity == cache.digest_of_images(run.data.images)
    assert reference(4).identity == cache.digest_of_images(run.data.at(4).images)
    counts = np.bincount(run.data.labels, minlength=run.num_classes)
    np.testing.assert_array_equal(first.class_frequencies(), counts)
    for number in range(20):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    monkeypatch.setattr(data, "load", functools.partial(data.load, cache=False))
    reference = make(*METRIC, "--data", str(tmp_path)).monitor().reference
    assert isinstance(reference(8).identity[0], str) and reference(8).identity[1:] == [None, 8]
    assert reference(4).identity[1:] == [None, 4]


def test_scores_go_to_the_event_files(make, cheap, monkeypatch):
    board = types.SimpleNamespace(writer="events")
    monkeypatch.setattr(callbacks, "TensorBoard", lambda *args, **options: board)
    run = make(*METRIC, "--tensorboard")
    run.begin(run.schedule.phases[0])
    found = run.callbacks(None)
    assert [one.writer for one in found if isinstance(one, MetricMonitor)] == ["events"]


def test_labels_are_needed_for_classes(make, tmp_path):
    for i in range(4):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(tmp_path / f"{i}.png")
    with pytest.raises(ValueError, match="--conditional needs labels"):
        make("--data", str(tmp_path), "--conditional")
