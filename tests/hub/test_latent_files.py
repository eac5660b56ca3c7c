import numpy as np
import pytest

from keras_gans import hub


@pytest.fixture(scope="module")
def model(preset):
    return hub.load(preset)


def test_latents_and_styles_come_back(model, styled, tmp_path):
    latents = model.latents([3, 4])
    path = hub.save_latents(tmp_path / "new" / "two.npz", latents, model)
    assert path == tmp_path / "new" / "two.npz" and [p.name for p in path.parent.iterdir()] == ["two.npz"]
    np.testing.assert_array_equal(hub.load_latents(path, model), latents)
    with np.load(path) as file:
        assert (str(file["model"]), file["width"].tolist()) == ("painter_noise_4", [5])
    other = hub.load(styled.path)
    styles = other.styles(other.latents([3]))
    np.testing.assert_array_equal(
        hub.load_latents(hub.save_latents(tmp_path / "w.npz", styles, other), other), styles
    )


def test_another_model_refuses_them(model, styled, preset, tmp_path):
    path = hub.save_latents(tmp_path / "z.npz", model.latents([1]), model)
    other = hub.load(styled.path)  # here of the same name, with other widths
    other.name = model.name
    with pytest.raises(
        ValueError,
        match=r"z\.npz holds latents of painter_noise_4, with the shape \(5,\) each\. painter_noise_4 takes "
        r"its own, with the shape \(8,\) or \(4, 8\)",
    ):
        hub.load_latents(path, other)
    other = hub.load(preset)
    other.name = "sculptor"  # of the same widths, with another name
    with pytest.raises(ValueError, match=r"holds latents of painter_noise_4.* sculptor takes its own"):
        hub.load_latents(path, other)


def test_what_is_no_file_of_latents(model, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "array.npz", a=np.zeros(3))
    np.savez(tmp_path / "object.npz", latents=np.array([object()]))
    hub.save_latents(tmp_path / "z.npz", model.latents([1]), model)
    with np.load(tmp_path / "z.npz") as file:
        content = dict(file)
    np.savez(tmp_path / "short.npz", **{**content, "latents": np.zeros((2, 4), "float32")})
    for name in ("text", "array", "object", "short"):
        with pytest.raises(ValueError, match=rf"{name}\.npz is no file of latents"):
            hub.load_latents(tmp_path / f"{name}.npz", model)
    with pytest.raises(FileNotFoundError):
        hub.load_latents(tmp_path / "none.npz", model)


def test_classes_and_noise(conditional, tmp_path):
    model, path = hub.load(conditional), tmp_path / "z.npz"
    noise = [np.full((2, size, size, 1), size, "float32") for size in (4, 8)]
    hub.save_latents(path, model.latents([1, 2]), model, labels=["hat", 0], noise=noise)
    read = hub.read_latents(path, model)
    assert len(read) == 2 and read.labels.tolist() == [2, 0] and read.labels.dtype == "int32"
    for actual, expected in zip(read.noise, noise, strict=True):
        np.testing.assert_array_equal(actual, expected)
    hub.save_latents(path, read.rows, model)
    plain = hub.read_latents(path, model)
    assert plain.labels is None and plain.noise == ()
    with pytest.raises(ValueError, match=r"Noise must be float32 \(2, height, width, 1\).*\(1, 4, 4, 1\)"):
        hub.save_latents(path, read.rows, model, noise=[noise[0][:1]])
    with pytest.raises(ValueError, match="Noise must be finite"):
        hub.save_latents(path, read.rows, model, noise=[noise[0] * np.nan])


def test_what_no_model_can_show(conditional, tmp_path):
    model, path = hub.load(conditional), tmp_path / "z.npz"
    hub.save_latents(path, model.latents([1, 2]), model, labels="cat")
    with np.load(path) as file:
        content = dict(file)
    broken = content["latents"].copy()
    broken[1, 2] = np.nan
    for entry, value, message in (
        ("latents", broken, r"must be finite\. .*z\.npz has NaN or infinity in 1 of 2 rows, first in row 1"),
        ("labels", np.array([0, 3], "int32"), r"z\.npz has classes from 0 to 3: .*one of cat, dog, hat"),
        ("labels", np.array([0], "int32"), r"its classes must be 2 int32\. Received: int32\(1,\)"),
        ("noise0", np.zeros((2, 4), "float32"), r"Noise must be float32 \(2, height, width, 1\)"),
    ):
        np.savez(path, **{**content, entry: value})
        with pytest.raises(ValueError, match=message):
            hub.read_latents(path, model)


def test_what_is_not_written(model, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.npz"):
        hub.save_latents(tmp_path / "z.npy", model.latents([1]), model)
    for wrong in (np.zeros((2, 4)), np.zeros(5), np.full((1, 5), np.nan)):
        with pytest.raises(ValueError, match=r"each with the shape \(5,\)\. Received: an array of the shape"):
            hub.save_latents(tmp_path / "z.npz", wrong, model)
    assert not (tmp_path / "z.npz").exists()
