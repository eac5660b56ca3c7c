import json

import pytest

import tiny_presets
from keras_gans import paths
from keras_gans.runs import actions, preflight

DCGAN = tiny_presets.tiny("dcgan")


def config(out, **fields):
    return actions.configure(DCGAN, out=out, **fields)


def begun(out, **fields):
    """A run directory with nothing but its configuration."""
    out.mkdir(exist_ok=True)
    made = config(out, **fields)
    made.write()
    return made


@pytest.mark.parametrize("name", ["log.jsonl", "metrics.jsonl", "samples.png", "export"])
def test_a_run_that_has_begun(tmp_path, name):
    made = begun(tmp_path)
    preflight.check_new(made)
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"holds a run\. Go on with --resume .*, or choose another --out"):
        preflight.check_new(made)


@pytest.mark.parametrize("name", ["checkpoints", "checkpoints_best"])
def test_a_run_with_checkpoints(tmp_path, name):
    made = begun(tmp_path)
    (tmp_path / name).mkdir()
    preflight.check_new(made)
    (tmp_path / name / "ckpt-8.data-00000-of-00001").touch()
    with pytest.raises(ValueError, match="holds a run"):
        preflight.check_new(made)


@pytest.mark.parametrize("name", preflight.WRITTEN)
def test_files_of_others(tmp_path, name):
    (tmp_path / "photo.png").touch()
    preflight.check_new(config(tmp_path))
    (tmp_path / name).write_text("{}")
    with pytest.raises(ValueError, match=rf"holds {name}, which a run writes too, .* another --out"):
        preflight.check_new(config(tmp_path))
    assert (tmp_path / name).read_text() == "{}"


def test_empty_folders(tmp_path):
    """A run that found no room for its checkpoints leaves one."""
    (tmp_path / "checkpoints").mkdir()
    preflight.check_new(config(tmp_path))


def test_a_link_to_a_place_that_is_gone(tmp_path):
    (tmp_path / "export").symlink_to(tmp_path / "gone")
    with pytest.raises(ValueError, match="holds export, which a run writes too"):
        preflight.check_new(config(tmp_path))
    with pytest.raises(FileExistsError, match="export is not an export"):
        preflight.check_resumed(begun(tmp_path))


@pytest.mark.parametrize("form", ["{}", "left-to-right:{}", "{},{}/sub"])
def test_a_run_among_its_data(tmp_path, form):
    (tmp_path / "photos" / "sub").mkdir(parents=True)
    data = form.format(tmp_path / "photos", tmp_path / "photos")
    for out in ("photos", "photos/runs/1"):
        with pytest.raises(ValueError, match=r"lies in the folder of the images, .*photos: the pictures"):
            preflight.check_new(config(tmp_path / out, data=data))
    preflight.check_new(config(tmp_path / "photos2", data=data))


def test_many_folders(tmp_path):
    names = [f"class_{number:03}" for number in range(40)]
    assert [path.name for path in preflight.places_of(",".join(names))] == names


def test_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    for check in (preflight.check_new, preflight.check_export):
        with pytest.raises(OSError, match=r"Nothing can be written to --out .*file.run: Not a directory"):
            check(config(tmp_path / "file" / "run"))


def test_a_run_that_is_refused_leaves_no_folder(tmp_path):
    preflight.check_new(config(tmp_path / "new" / "run"))
    assert list(tmp_path.iterdir()) == []


def test_the_place_of_the_export_is_taken(tmp_path):
    made = begun(tmp_path)
    (tmp_path / "export").mkdir()
    for check in (preflight.check_resumed, preflight.check_export):
        with pytest.raises(FileExistsError, match="export is not an export, so it is not replaced"):
            check(made)
    (tmp_path / "export" / "saved_model.pb").touch()
    preflight.check_resumed(made)


def test_a_run_does_not_go_on_from_nothing(tmp_path):
    made = begun(tmp_path, save_every=100)
    preflight.check_resumed(made)
    lines = [json.dumps({"images": images}) for images in (50, 99)]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + '\n{"imag')
    preflight.check_resumed(made)
    (tmp_path / "log.jsonl").write_text("\n".join([*lines, json.dumps({"images": 1500})]))
    with pytest.raises(ValueError, match=r"has seen 1,500 images, and .*checkpoints holds no checkpoint"):
        preflight.check_resumed(made)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "ckpt-1000.index").touch()
    preflight.check_resumed(made)


class State:
    max_to_keep, nbytes = 3, 1000

    def __init__(self, directory):
        self.directory = directory


class Run:
    def __init__(self, out, **fields):
        self.config, self.out, self.export_path = config(out, **fields), out, out / "export"


@pytest.mark.parametrize(
    "fields, there, exported, needed", [({}, 0, False, 4500), ({"metric": "fid2k"}, 2500, True, 3500)]
)
def test_room(tmp_path, monkeypatch, fields, there, exported, needed):
    run, state = Run(tmp_path, **fields), State(tmp_path / "checkpoints")
    state.directory.mkdir()
    (state.directory / "ckpt-8.data-00000-of-00001").write_bytes(bytes(there))
    if exported:
        run.export_path.mkdir()
    monkeypatch.setattr(paths, "free_bytes", lambda path: needed)
    preflight.check_room(run, state)
    monkeypatch.setattr(paths, "free_bytes", lambda path: needed - 1)
    with pytest.raises(paths.DiskFull, match=rf"no room for .* in {tmp_path}; 0\.0 MB are needed, "):
        preflight.check_room(run, state)
