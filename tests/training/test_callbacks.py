import json
import os
import signal
import sys

import imageio.v3 as iio
import numpy as np
import pytest
import tensorflow as tf

import small
from keras_gans.training import NonFiniteError, RunState, callbacks


class Moments(callbacks.EveryImages):
    def __init__(self, every):
        super().__init__(every)
        self.seen = []

    def act(self, images_seen, losses):
        self.seen.append((images_seen, losses["generator/loss"]))


def one_channel(steps):
    return small.data(steps, resolution=4, channels=1)


def fit(gan, steps, *extra):
    gan.fit(one_channel(steps), callbacks=list(extra), verbose=0, shuffle=False)


def test_every_images_also_where_the_batch_does_not_divide():
    gan, moments = small.latent_gan(), Moments(20)
    fit(gan, 10, moments)
    assert [seen for seen, _ in moments.seen] == [24, 40, 64, 80]
    assert all(np.isfinite(loss) for _, loss in moments.seen)


def test_every_images_goes_on_after_a_resume():
    gan, moments = small.latent_gan(), Moments(40)
    gan.images_seen.assign(32)
    fit(gan, 2, moments)
    assert [seen for seen, _ in moments.seen] == [40]


def test_progress_log(tmp_path, capsys):
    gan = small.latent_gan()
    path = tmp_path / "log.jsonl"
    path.write_text('{"images": 24}\n')  # of a run that died later than the state this one goes on from
    log = callbacks.ProgressLog(path, every=16, total_images=1000, describe=lambda seen: f"at {seen}")
    fit(gan, 4, log)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [r["images"] for r in records] == [16, 32]
    assert records[0]["phase"] == "at 16"
    assert records[0]["images_per_second"] > 0
    assert {"discriminator/loss", "generator/adversarial", "skipped_steps", "time"} <= set(records[0])
    printed = capsys.readouterr().out
    assert "16 / 1,000 images" in printed and "left at this speed" in printed


def test_progress_log_of_another_worker_is_silent(capsys):
    fit(small.latent_gan(), 4, callbacks.ProgressLog(None, every=8, total_images=9, describe=str))
    assert capsys.readouterr().out == ""


def test_log_lines_are_means_since_the_last_line(tmp_path):
    """The same data and a frozen model: two windows of one step each are the step's own values."""
    gan = small.latent_gan()
    path = tmp_path / "log.jsonl"
    log = callbacks.ProgressLog(path, every=8, total_images=16, describe=str)
    single = Moments(8)
    fit(gan, 2, single, log)
    lines = [json.loads(line)["generator/loss"] for line in path.read_text().splitlines()]
    np.testing.assert_allclose(lines, [loss for _, loss in single.seen], atol=1e-5)


def test_sample_grid(tmp_path):
    gan = small.progan()
    gan.begin_phase(small.phase(4))
    latents = np.random.default_rng(0).standard_normal((6, small.LATENT_DIM)).astype("float32")
    grid = callbacks.SampleGrid(tmp_path / "samples", inputs=latents, resolution=8, every=8, columns=3)
    grid.set_model(gan)
    for images_seen in (8, 16):
        grid.act(images_seen, {})
    files = sorted(p.name for p in (tmp_path / "samples").iterdir())
    assert files == ["0000000008.png", "0000000016.png"]
    picture = iio.imread(tmp_path / "samples" / files[0])
    assert picture.shape == (2 * 8, 3 * 8, 3)


def test_checkpoints(tmp_path):
    gan = small.latent_gan()
    state = RunState(tmp_path, gan)
    fit(gan, 4, callbacks.Checkpoints(state, every=16))
    assert sorted(p.name for p in tmp_path.glob("*.index")) == ["ckpt-16.index", "ckpt-32.index"]


def test_ten_skipped_steps_in_a_row_stop_the_run(tmp_path):
    gan = small.latent_gan()
    state = RunState(tmp_path, gan)
    fit(gan, 2)
    saved = state.save()
    bad = tf.data.Dataset.from_tensors({"images": tf.fill((8, 4, 4, 1), np.nan)}).repeat()
    with pytest.raises(NonFiniteError) as error:
        gan.fit(bad, steps_per_epoch=50, callbacks=[callbacks.StopOnNonFinite(state)], verbose=0)
    assert saved in str(error.value)
    assert "step 12" in str(error.value) and "discriminator/adversarial" in str(error.value)
    assert int(gan.skipped_steps.numpy()) == 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_after_the_step_and_ends_fit(tmp_path, number):
    class Raise(callbacks.EveryImages):
        def act(self, images_seen, losses):
            os.kill(os.getpid(), number)

    gan = small.latent_gan()
    state = RunState(tmp_path, gan)
    stopper = callbacks.StopOnSignal(state)
    before = signal.getsignal(number)
    with stopper.installed():
        fit(gan, 10, Raise(24), stopper)
    assert stopper.stopped
    assert int(gan.images_seen.numpy()) in (24, 32)  # within one step
    assert state.latest.endswith(f"ckpt-{int(gan.images_seen.numpy())}")
    assert signal.getsignal(number) is before


def test_the_second_ctrl_c_ends_at_once(tmp_path):
    stopper = callbacks.StopOnSignal(RunState(tmp_path, small.latent_gan()))
    with stopper.installed(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_tensorboard_names_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install keras_gans\[tensorboard\]"):
        callbacks.TensorBoard(tmp_path, grid=None, every=8)


def test_tensorboard_writes_scalars_and_images(tmp_path):
    pytest.importorskip("tensorboard", reason="the extra keras_gans[tensorboard] is not installed")
    gan = small.latent_gan()
    latents = np.ones((4, small.LATENT_DIM), "float32")
    grid = callbacks.SampleGrid(tmp_path, inputs=latents, resolution=8, every=8, columns=2)
    grid.set_model(gan)
    board = callbacks.TensorBoard(tmp_path / "events", grid=grid, every=8)
    fit(gan, 1, board)
    [file] = (tmp_path / "events").iterdir()
    tags = {
        value.tag
        for record in tf.data.TFRecordDataset(str(file))
        for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value
    }
    assert {"samples", "generator/loss"} <= {tag.removesuffix("/image/0") for tag in tags}
