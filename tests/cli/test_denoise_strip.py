import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import small
from keras_gans import cli, diffusion
from keras_gans.export import Card, export, load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    process = small.process(prediction=diffusion.V())
    generator = diffusion.DiffusionGenerator(small.unet(num_classes=2), process, steps=4)
    path = tmp_path_factory.mktemp("savedmodels") / "1"
    card = Card(
        preset="ddpm_tiny_8",
        model="DDPM",
        paper="2006.11239",
        data="noise",
        data_license="CC0-1.0",
        images_seen=0,
        class_names=("cat", "hat"),
    )
    return str(export(generator, path, card=card))


def strip(*argv, columns, size=8):
    assert cli.main(["denoise-strip", *argv]) == 0
    sheet = np.asarray(Image.open(argv[argv.index("--out") + 1]))
    rows = sheet.shape[0] // size
    return sheet.reshape(rows, size, columns, size, 3).swapaxes(1, 2)


def test_an_image_forms(exported, tmp_path, capsys):
    out = str(tmp_path / "new" / "strip.png")
    argv = (exported, "--seeds", "3,4", "--steps", "4", "--frames", "3", "--out", out)
    frames = strip(*argv, columns=3)
    assert frames.shape[:2] == (2, 3) and "2 x 3 images" in capsys.readouterr().out
    model = load(exported)
    latents = model.latents([3, 4])
    noise = np.clip(np.rint((latents.numpy().reshape(-1, 8, 8, 3) * 0.5 + 0.5) * 255), 0, 255)
    np.testing.assert_allclose(frames[:, 0], noise, atol=1)
    np.testing.assert_allclose(frames[:, -1], np.rint(model.default(latents).numpy() * 255), atol=1)


def test_of_a_class(exported, tmp_path):
    out = str(tmp_path / "strip.png")
    argv = (exported, "--seeds", "3", "--class", "hat", "--guidance", "3", "--steps", "4", "--frames", "2")
    frames = strip(*argv, "--out", out, columns=2)
    model = load(exported)
    arguments = {"labels": tf.constant([1]), "guidance": tf.constant(3.0)}
    expected = model.guided(z=model.latents([3]), **arguments).numpy()
    np.testing.assert_allclose(frames[:, -1], np.rint(expected * 255), atol=1)
    grid = str(tmp_path / "grid.png")
    assert (
        cli.main(["generate", exported, "--seeds", "3", "--class", "1", "--guidance", "3", "--out", grid])
        == 0
    )
    np.testing.assert_allclose(np.asarray(Image.open(grid)), frames[0, -1], atol=1)


def test_forward(exported, tmp_path):
    picture = str(tmp_path / "red.png")
    Image.new("RGB", (20, 16), (255, 0, 0)).save(picture)
    out = str(tmp_path / "strip.png")
    frames = strip(exported, "--forward", "--images", picture, "--frames", "3", "--out", out, columns=3)
    assert np.all(frames[0, 0] == [255, 0, 0])
    spread = frames[0].astype(float).std(axis=(1, 2)).mean(axis=-1)
    assert spread[0] == 0 < spread[1] < spread[2]
    frames = strip(exported, "--forward", "--seeds", "3", "--frames", "2", "--out", out, columns=2)
    image = load(exported).default(load(exported).latents([3])).numpy()
    np.testing.assert_allclose(frames[:, 0], np.rint(image * 255), atol=1)


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--images", "a.png"], "add --forward"),
        (["--seeds", "0", "--steps", "21"], "--steps must be at most 20"),
        (["--seeds", "0", "--steps", "4", "--frames", "6"], "--frames at most --steps + 1"),
        (["--seeds", "0", "--frames", "1"], "at least 2"),
        (["--seeds", "0", "--class", "dog"], "0 to 1 or one of cat, hat. Received: 'dog'"),
        (["--seeds", "0", "--guidance", "2"], "--guidance goes with --class"),
    ],
)
def test_wrong_options(exported, fails, tmp_path, argv, words):
    assert words in fails("denoise-strip", exported, *argv, "--out", str(tmp_path / "strip.png"))


def test_an_export_without_noise_is_refused(preset, fails, tmp_path):
    printed = fails("denoise-strip", preset, "--seeds", "0", "--out", str(tmp_path / "strip.png"))
    assert "is no diffusion model: it has no denoise and no diffuse" in printed
