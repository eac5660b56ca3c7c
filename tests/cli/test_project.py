import types

import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub, images, latent
from keras_gans.cli import project
from keras_gans.data import decoding

SHORT = ["--steps", "40", "--restarts", "1", "--features", "none"]


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.fixture
def photos(styled, tmp_path):
    """A folder with two images of the model's own, one of them larger than the model's and in a border."""
    folder = tmp_path / "photos"
    folder.mkdir()
    made = images.unit_to_uint8(styled.model.generate(styled.model.latents([3, 4])))
    Image.fromarray(made[0]).save(folder / "a.png")
    large = np.full((16, 20, 4), 255, "uint8")
    large[:, 2:18, :3] = made[1].repeat(2, axis=0).repeat(2, axis=1)
    large[0, 2:4] = (9, 9, 9, 0)  # without colour: white
    Image.fromarray(large).save(folder / "b.png")
    return folder


def test_photographs_become_styles(styled, photos, tmp_path, capsys, fails):
    out, model = tmp_path / "out", styled.model
    command = ["project", styled.path, str(photos), "--out", str(out), *SHORT, "--scale", "2"]
    assert cli.main(command) == 0
    printed = capsys.readouterr().out
    assert "a: mean absolute difference 0.0" in printed and "\nb: mean absolute difference 0.0" in printed
    assert "2 projected to w+, after 40 steps of the search; latents.npz goes where seeds go" in printed
    read = hub.read_latents(out / "latents.npz", model)
    assert read.rows.shape == (2, 4, 8) and read.labels is None
    made = images.unit_to_uint8(model.synthesize(read.rows))
    for number, name in enumerate("ab"):
        np.testing.assert_array_equal(pixels(out / f"{name}.png"), made[number])
    # Photograph, projection and difference, enlarged.
    sheet = pixels(out / "sheet.png")
    assert sheet.shape == (2 * 18 - 2, 3 * 18 - 2, 3)
    target = pixels(photos / "a.png")
    np.testing.assert_array_equal(sheet[:16:2, :16:2], target)
    np.testing.assert_array_equal(sheet[:16:2, 18:34:2], made[0])
    expected = np.minimum(4 * np.abs(made[0].astype(int) - target), 255)
    np.testing.assert_array_equal(sheet[:16:2, 36::2], expected)
    # The middle, without the transparent corner, which becomes white.
    cut = decoding.fit(decoding.decode(photos / "b.png", name="b"), resolution=8, crop="center")
    np.testing.assert_array_equal(sheet[18::2, :16:2], cut)
    assert cut[0, 0].min() > 100
    with Image.open(out / "search.gif") as film:
        assert film.n_frames > 5 and film.size == (34, 34)
    grid = tmp_path / "grid.png"
    cli.main(
        ["generate", styled.path, "--seeds", str(out / "latents.npz"), "--columns", "2", "--out", str(grid)]
    )
    np.testing.assert_array_equal(pixels(grid), np.concatenate(made, axis=1))
    assert "They exist already" in fails(*command)


def test_classes_and_an_interrupted_search(conditional, tmp_path, capsys, monkeypatch):
    model, photo, out = hub.load(conditional), tmp_path / "photo.png", tmp_path / "out"
    made = images.unit_to_uint8(model.generate(model.latents([3]), label="hat"))
    Image.fromarray(made[0]).save(photo)

    def progress(what, done, total):
        raise KeyboardInterrupt

    monkeypatch.setattr(project.terminal, "progress", lambda *told: told[0] == "steps" and progress(*told))
    options = ["--label", "hat", "--features", "pixels"]
    command = ["project", conditional, str(photo), "--out", str(out), *options]
    assert cli.main(command) == 130
    printed = capsys.readouterr().out
    assert ", class hat\n" in printed and "1 projected to z, interrupted after 0 steps" in printed
    assert hub.read_latents(out / "latents.npz", model).labels.tolist() == [2]
    assert (out / "photo.png").is_file() and (out / "search.gif").is_file()


def test_many_images(styled, tmp_path, capsys):
    """The names of some are printed, and the film has as many as the sheet."""
    found = latent.Projection(*["z", None, None, (), None, None, np.zeros((3, 40)), None, False])
    names = [project.pictures.Picture(str(number), None, None) for number in range(40)]
    project._tell(styled.model, found, names, np.zeros(40), tmp_path)
    printed = capsys.readouterr().out
    assert "\n19: mean" in printed and "\n20: " not in printed and "... and 20 more" in printed
    many = np.zeros((40, 2, 2, 3), "uint8")
    assert project.film_frame(many, many).shape == (8 * 3 - 1, 8 * 3 - 1, 3)


def test_what_cannot_be_projected(styled, diffusing, preset, photos, tmp_path, fails):
    out = ["--out", str(tmp_path / "out"), *SHORT]
    Image.new("RGB", (5, 9)).save(tmp_path / "small.png")
    message = fails("project", styled.path, str(tmp_path / "small.png"), *out)
    assert "small.png: smaller than 8 pixels: 5x9. Photographs need at least the 8 x 8 pixels" in message
    assert "is a diffusion model" in fails("project", diffusing, str(photos), *out)
    assert "must be z: it has no endpoints mapping and synthesis" in fails(
        "project", preset, str(photos), *out, "--space", "w"
    )
    assert "pixels or saved-model:PATH. Received: 'x'" in fails(
        "project", preset, str(photos), *out[:2], "--features", "x"
    )
    assert not (tmp_path / "out").exists()


def test_models_of_other_shapes(tmp_path):
    """The part of the model's shape is cut out; one whose size is not known is refused."""
    model = hub.load(save_wide(tmp_path / "wide"))
    pixels = np.random.default_rng(0).integers(0, 255, (10, 6, 3)).astype("uint8")
    picture = types.SimpleNamespace(path="photo.png", decode=lambda: pixels)
    np.testing.assert_array_equal(project._fitted(picture, model), pixels[3:7])
    picture.decode = lambda: pixels[:3]
    with pytest.raises(ValueError, match="at least the 6 x 4 pixels of wide"):
        project._fitted(picture, model)
    unknown = types.SimpleNamespace(name="any", image_shape=(None, None, 3))
    with pytest.raises(ValueError, match=r"which any does not say: \(None, None, 3\)"):
        project._fitted(picture, unknown)


def save_wide(path):
    from small_exports import Module, save

    module = Module(4, 6)
    return save(path, module, serving_default=(lambda z: {"images": module.images(z)}, {"z": (None, 5)}))


def test_defaults_are_those_of_the_function():
    defaults = latent.Search()
    assert (defaults.steps, defaults.restarts) == (project.STEPS, project.RESTARTS)
    assert defaults.feature_weight == project.FEATURE_WEIGHT and defaults.pixel_weight == 1.0
