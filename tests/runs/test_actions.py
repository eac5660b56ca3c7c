import json
from pathlib import Path

import pytest

import tiny_presets
from keras_gans import runs
from keras_gans.runs import actions

DCGAN = tiny_presets.tiny("dcgan")


@pytest.fixture
def done(monkeypatch):
    """What would have been run: name of the method and its arguments, instead of doing it."""
    calls = []

    class Recorded:
        def __init__(self, config, *, write=True):
            self.config = config
            calls.append(("Run", write))

        def __getattr__(self, name):
            return lambda **options: calls.append((name, options))

    monkeypatch.setattr(actions, "Run", Recorded)
    return calls


def begun(out, **fields):
    """A run directory with nothing but its configuration."""
    Path(out).mkdir(parents=True, exist_ok=True)
    config = actions.configure(DCGAN, out=out, **fields)
    config.write()
    return config


def test_train(tmp_path, done):
    run = runs.train(DCGAN, data=tmp_path / "photos", out=tmp_path / "run", images=100, seed=3)
    config = run.config
    assert (config.data, config.out) == (str(tmp_path / "photos"), str(tmp_path / "run"))
    assert (config.images, config.seed, config.preset) == (100, 3, DCGAN)
    assert done == [("Run", True), ("train", {"resume": False})]


def test_defaults(done):
    config = runs.train("stylegan2_emoji_32").config
    assert config.out == "runs/stylegan2" and config.preset.name == "stylegan2_emoji_32"
    assert runs.describe("stylegan2_emoji_32", images=None).config == config
    assert done[2:] == [("Run", False), ("describe", {"measure": True})]


def test_a_run_is_not_overwritten(tmp_path, done):
    begun(tmp_path)
    (tmp_path / "log.jsonl").touch()
    with pytest.raises(ValueError, match=r"holds a run\. Go on with --resume .*, or choose another --out"):
        runs.train(DCGAN, out=tmp_path)
    assert done == []


def test_unknown_fields():
    with pytest.raises(ValueError, match=r"A run has no field 'imags'. Did you mean 'images'\? Allowed: pre"):
        runs.train(DCGAN, imags=3)
    with pytest.raises(ValueError, match="no preset 'dcgan'"):
        runs.train("dcgan")


def test_a_resumed_run_keeps_its_settings(tmp_path, done):
    config = begun(tmp_path, images=100)
    assert runs.resume(tmp_path).config == config
    assert runs.resume(tmp_path, images=100, preset=DCGAN.name).config == config
    message = "own settings. Received: --batch-size 8, the run has None; --seed 1, the run has 0"
    with pytest.raises(ValueError, match=message):
        runs.resume(tmp_path, images=200, batch_size=8, seed=1)
    with pytest.raises(ValueError, match=r"settings\. Received: --images 200, the run has 100"):
        runs.export(tmp_path, images=200)
    with pytest.raises(ValueError, match="--preset dcgan_lsun_64, the run has dcgan_emoji_32"):
        runs.export(tmp_path, preset="dcgan_lsun_64")
    with pytest.raises(ValueError, match="has no field 'imags'"):
        runs.resume(tmp_path, imags=3)
    assert done == [("Run", True), ("train", {"resume": True})] * 2


def test_a_run_that_failed_before_its_first_step_begins_again(tmp_path, done):
    begun(tmp_path, images=100)
    assert runs.train(DCGAN, out=tmp_path, images=50).config.images == 50


def test_a_run_is_made_longer(tmp_path, done):
    config = begun(tmp_path, images=100)
    batch = config.resolved.build_plan().phases[0].batch_size
    longer = runs.resume(tmp_path, images=30 * batch).config
    assert longer == config.replace(extended_to=30 * batch)
    assert longer.resolved.total_images == 30 * batch and longer.images == 100
    longer.write()
    assert runs.resume(tmp_path).config == longer == runs.resume(tmp_path, images=30 * batch).config
    assert runs.resume(tmp_path, images=40 * batch).config.extended_to == 40 * batch
    message = rf"longer, not shorter: it has {30 * batch} images\. Received: --images 101\. --export"
    with pytest.raises(ValueError, match=message):
        runs.resume(tmp_path, images=101)
    with pytest.raises(ValueError, match=r"longer, not shorter.* Received: --images 100\."):
        runs.resume(tmp_path, images=100)
    with pytest.raises(ValueError, match=rf"Received: --images 100, the run has {30 * batch}"):
        runs.export(tmp_path, images=100)


def test_data_may_have_moved(tmp_path, done):
    config = begun(tmp_path, data=tmp_path / "photos")
    moved = str(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    assert runs.resume(tmp_path, data=moved).config == config.replace(data=moved)
    assert runs.export(tmp_path, data=moved).config == config.replace(data=moved)
    for action in (runs.resume, runs.export):
        with pytest.raises(FileNotFoundError, match=r"no .*photos\. If they lie elsewhere now, .* --data"):
            action(tmp_path)


def test_export(tmp_path, done):
    begun(tmp_path)
    runs.export(tmp_path)
    runs.export(tmp_path, best=True)
    assert done == [
        ("Run", True), ("export_state", {"best": False}), ("Run", True), ("export_state", {"best": True}),
    ]  # fmt: skip


def test_other_versions_are_noted(tmp_path, done, capsys):
    begun(tmp_path)
    path = tmp_path / "config.json"
    content = json.loads(path.read_text())
    content["versions"]["keras"] = "3.0.0"
    path.write_text(json.dumps(content))
    runs.resume(tmp_path)
    assert "'keras': '3.0.0'" in capsys.readouterr().out
