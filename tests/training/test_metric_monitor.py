import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

import small
from keras_gans import images, metrics
from keras_gans.random import Draws
from keras_gans.training import RunState
from keras_gans.training.metric_monitor import MetricMonitor

EXTRACTOR = metrics.random_projection(4, 5)


def real(resolution):
    array = np.random.default_rng(0).integers(0, 256, (100, resolution, resolution, 3), "uint8")
    return metrics.Images(array.__getitem__, len(array), identity=f"noise {resolution}")


def monitor(path, **changes):
    arguments = {"metric": "fid20", "reference": real, "extractor": EXTRACTOR, "every": 16, "batch_size": 8}
    return MetricMonitor(path, **{**arguments, **changes})


def fit(gan, steps, *callbacks, **options):
    batches = small.data(steps, **{"resolution": 4, "channels": 1, **options})
    gan.fit(batches, callbacks=list(callbacks), verbose=0, shuffle=False)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def expected(gan, metric="fid20", batch_size=8, labels=0):
    """The score, from latents drawn by hand."""
    batches = []
    for number in range(-(-20 // batch_size)):
        draws = Draws(0, -1 - number)
        latents = draws.normal("latents", (batch_size, small.LATENT_DIM))
        inputs = [latents, draws.integers("labels", (batch_size,), labels)] if labels else latents
        batches.append(images.to_uint8(gan.generate(inputs)))
    array = np.concatenate(batches)
    sides = metrics.Images(array.__getitem__), real(array.shape[1])
    return metrics.compute_scores(*sides, [metric], EXTRACTOR)[-1].value


def test_the_score_of_the_averaged_networks(tmp_path, capsys):
    gan = small.latent_gan()
    fit(gan, 5, monitor(tmp_path / "metrics.jsonl"))
    records = lines(tmp_path / "metrics.jsonl")
    assert [record["images"] for record in records] == [16, 32]
    first = records[0]
    assert (first["metric"], first["protocol"], first["resolution"]) == ("fid20", "fid20[random-4-5-0]", 4)
    assert (first["generated_count"], first["real_count"], first["seed"]) == (20, 20, 0)
    assert "time" in first and records[0]["value"] != records[1]["value"]
    printed = capsys.readouterr().out
    assert f"16 images  fid20[random-4-5-0] {first['value']:.4g}  (best so far)" in printed
    # After 32 images: one more step has followed.
    again = small.latent_gan()
    fit(again, 4)
    assert records[1]["value"] == pytest.approx(expected(again), rel=1e-4)


def test_training_is_not_disturbed(tmp_path):
    plain, watched = small.latent_gan(), small.latent_gan()
    fit(plain, 4)
    fit(watched, 4, monitor(tmp_path / "metrics.jsonl", every=8))
    for first, second in zip(plain.generator.weights, watched.generator.weights, strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_best_state_is_kept(tmp_path):
    gan = small.latent_gan()
    best = RunState(tmp_path / "checkpoints_best", gan, max_to_keep=1)
    fit(gan, 8, monitor(tmp_path / "metrics.jsonl", every=8, best=best))
    records = lines(tmp_path / "metrics.jsonl")
    values = [record["value"] for record in records]
    assert [record["best"] for record in records] == [v <= min(values[: i + 1]) for i, v in enumerate(values)]
    assert best.latest.endswith(f"ckpt-{records[int(np.argmin(values))]['images']}")


def test_what_is_best(tmp_path):
    """By hand: lower for distances, higher for the Inception Score, of the same kind and resolution."""
    path = tmp_path / "metrics.jsonl"

    def verdict(value, images_seen=64, metric="fid20", resolution=4):
        return monitor(path, metric=metric)._is_best(score(value, metric, resolution), images_seen)

    assert verdict(9.0)
    rows = [
        {"images": 16, "protocol": "fid20[x]", "resolution": 2, "value": 0.5},
        {"images": 32, "protocol": "fid20[x]", "resolution": 4, "value": 5.0},
        {"images": 32, "protocol": "fid20[y]", "resolution": 4, "value": 1.0},
        {"images": 32, "protocol": "is20[x]", "resolution": 4, "value": 2.0},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"images": 9')  # killed while writing
    assert verdict(4.9) and not verdict(5.0) and not verdict(5.1)
    assert verdict(3.0, metric="is20") and not verdict(1.0, metric="is20")
    assert not verdict(0.4, resolution=2) and verdict(9.0, resolution=8)


def score(value, metric="fid20", resolution=4):
    return metrics.Score(
        metric=metric, quantity="distance", value=value, protocol=f"{metric}[x]", real_count=20,
        generated_count=20, resolution=resolution, seed=0,
    )  # fmt: skip


def test_the_best_score_is_that_of_the_state(tmp_path):
    """Whatever the log says, and even if the state is later than what the run goes on from."""
    gan = small.latent_gan()
    fit(gan, 1)
    best = RunState(tmp_path / "best", gan, max_to_keep=1)
    one = monitor(tmp_path / "metrics.jsonl", best=best)
    (tmp_path / "metrics.jsonl").write_text(
        json.dumps({"images": 4, "protocol": "fid20[x]", "resolution": 4, "value": 0.1}) + "\n"
    )
    assert one._is_best(score(9.0), 8)  # there is no state
    held = {"images": 8, "protocol": "fid20[x]", "resolution": 4, "value": 3.0}
    one._keep(held)
    assert best.latest.endswith("ckpt-8") and json.loads((tmp_path / "best/ckpt-8.json").read_text()) == held
    for seen in (4, 16):
        assert one._is_best(score(2.9), seen) and not one._is_best(score(3.0), seen)
    assert one._is_best(score(3.0), 8)  # the same state, come to again
    assert one._is_best(score(9.0, resolution=8), 4) and not one._is_best(score(0.1, resolution=2), 16)
    fit(gan, 1)
    one._keep({**held, "images": 16, "value": 2.0})
    assert [path.name for path in (tmp_path / "best").glob("*.json")] == ["ckpt-16.json"]
    (tmp_path / "best/ckpt-16.json").unlink()  # a state of an older version: the log says
    assert one._is_best(score(0.05), 16) and not one._is_best(score(0.2), 16)


def test_the_log_of_a_resumed_run(tmp_path):
    """A run that is killed after 48 images and goes on from 16 ends with the same log and the same state."""
    path = tmp_path / "metrics.jsonl"
    gan = small.latent_gan()
    state, best = (RunState(tmp_path / name, gan, max_to_keep=1) for name in ("checkpoints", "best"))
    fit(gan, 2, monitor(path, best=best))
    state.save()
    fit(gan, 4, monitor(path, best=best))
    whole, held = lines(path), best.latest
    with path.open("a") as file:
        file.write('{"images": 6')
    again = small.latent_gan()
    fit(again, 1)
    RunState(tmp_path / "checkpoints", again).restore()
    assert int(again.images_seen.numpy()) == 16
    best = RunState(tmp_path / "best", again, max_to_keep=1)
    one = monitor(path, best=best)
    one.set_model(again)
    one.on_train_begin()
    assert lines(path) == whole[:1]
    assert best.latest == held
    number = int(held.rpartition("-")[2])
    [record] = [line for line in whole if line["images"] == number]
    assert json.loads((tmp_path / "best" / f"ckpt-{number}.json").read_text()) == record


def test_broken_images_end_the_run(tmp_path):
    gan = small.latent_gan()
    one = monitor(tmp_path / "metrics.jsonl")
    one.set_model(gan)
    one.on_train_begin()
    one._generate = lambda number: np.full((8, 4, 4, 1), np.nan, "float32")
    with pytest.raises(ValueError, match="averaged generator gives NaN or infinity in 8 of 8 images"):
        one.act(16, {})


def test_classes_are_drawn_as_often_as_the_reference_has_them(tmp_path):
    gan = small.progan(num_classes=3)
    gan.begin_phase(small.phase(4))
    small.compile_(gan)
    labels = np.repeat([0, 2], [25, 75])

    def reference(resolution, names=("a", "b", "c")):
        return dataclasses.replace(real(resolution), labels=labels.__getitem__, class_names=names)

    one = monitor(tmp_path / "metrics.jsonl", reference=reference, num_classes=3)
    one.set_model(gan)
    one.on_train_begin()
    drawn = np.concatenate([one._labels(Draws(0, -1 - number), 50) for number in range(40)])
    assert set(drawn) == {0, 2} and abs((drawn == 2).mean() - 0.75) < 0.03
    assert one.act(8, {})["note"].endswith("classes drawn as often as the data has them")
    other = monitor(tmp_path / "b.jsonl", reference=lambda size: reference(size, "abcd"), num_classes=3)
    other.set_model(gan)
    other.on_train_begin()
    assert other.act(8, {})["note"].endswith("classes drawn uniformly")


def test_two_replicas_make_the_images_of_one(tmp_path, two_replicas):
    values = []
    for number, strategy in enumerate((tf.distribute.get_strategy(), two_replicas)):
        with strategy.scope():
            gan = small.latent_gan()
        path = tmp_path / f"{number}.jsonl"
        one = monitor(path)
        one.set_model(gan)
        one.on_train_begin()
        one.act(16, {})
        values.append(lines(path)[0]["value"])
        images_made = one._take(np.arange(20))
        if number == 0:
            alone = images_made
    np.testing.assert_array_equal(images_made, alone)
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_it_runs_within_fit_on_two_replicas(tmp_path, two_replicas):
    with two_replicas.scope():
        gan = small.latent_gan()
    best = RunState(tmp_path / "best", gan, max_to_keep=1)
    fit(gan, 4, monitor(tmp_path / "metrics.jsonl", best=best))
    assert [record["images"] for record in lines(tmp_path / "metrics.jsonl")] == [16, 32]
    assert best.latest is not None


def test_batches_must_divide_among_replicas(tmp_path, two_replicas):
    with two_replicas.scope():
        gan = small.latent_gan()
    one = monitor(tmp_path / "metrics.jsonl", batch_size=7)
    one.set_model(gan)
    with pytest.raises(ValueError, match=r"multiple of the 2 replicas\. Received: 7"):
        one.on_train_begin()


def test_classes_and_growing_networks(tmp_path):
    """At each resolution against images of that size; the best is sought anew."""
    gan = small.progan(num_classes=3, discriminator_terms=[], generator_terms=[])
    path = tmp_path / "metrics.jsonl"
    sizes = set()

    def reference(resolution):
        sizes.add(resolution)
        return real(resolution)

    one = monitor(path, reference=reference, num_classes=3)
    gan.begin_phase(small.phase(4))
    small.compile_(gan, run_eagerly=True)
    fit(gan, 2, one, channels=3, num_classes=3)
    assert lines(path)[0]["value"] == pytest.approx(expected(gan, labels=3), rel=1e-4)
    gan.begin_phase(small.phase(8, start=16))
    small.compile_(gan, run_eagerly=True)
    fit(gan, 2, one, resolution=8, channels=3, num_classes=3)
    assert lines(path)[1]["value"] == pytest.approx(expected(gan, labels=3), rel=1e-4)
    assert sizes == {4, 8} and [record["resolution"] for record in lines(path)] == [4, 8]
    assert [record["best"] for record in lines(path)] == [True, True]


def test_scalars_for_tensorboard(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path / "events"))
    fit(small.latent_gan(), 2, monitor(tmp_path / "metrics.jsonl", writer=writer))
    [file] = (tmp_path / "events").iterdir()
    found = {
        (event.step, value.tag): float(tf.make_ndarray(value.tensor))
        for record in tf.data.TFRecordDataset(str(file))
        for event in [tf.compat.v1.Event.FromString(record.numpy())]
        for value in event.summary.value
    }
    [record] = lines(tmp_path / "metrics.jsonl")
    assert found == {(16, "fid20[random-4-5-0]"): pytest.approx(record["value"], rel=1e-6)}


def test_the_reference_is_read_once(tmp_path):
    cache = metrics.Cache(tmp_path / "cache")
    fit(small.latent_gan(), 4, monitor(tmp_path / "metrics.jsonl", cache=cache))
    assert len(list(cache.directory.iterdir())) == 1
    assert len(lines(tmp_path / "metrics.jsonl")) == 2


def test_mistakes_end_the_run_before_it_begins(tmp_path):
    gan = small.latent_gan()
    for changes, message in (
        ({"extractor": None}, "pass an `extractor`"),
        ({"metric": "is20"}, "needs logits"),
        ({"metric": "fid200"}, "Received: 100. fid200_full compares"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(gan, 1, monitor(tmp_path / "metrics.jsonl", **changes))
    assert int(gan.images_seen.numpy()) == 0


@pytest.mark.parametrize("metric", ["pr20", "dc20", "msssim20", "ppl20_zend"])
def test_metrics_without_a_direction(tmp_path, metric):
    with pytest.raises(ValueError, match=f"fidN, kidN, swdN or isN.*Received: '{metric}'"):
        monitor(tmp_path / "metrics.jsonl", metric=metric)
