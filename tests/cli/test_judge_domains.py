import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, data
from keras_gans.export import card


def flat_images(folder, levels, count):
    """A folder for each level, with images of about this level."""
    random = np.random.default_rng(0)
    for name, level in levels.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = np.clip(level + random.integers(-6, 7, (8, 8, 3)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return str(folder)


def test_translations_that_arrive_and_those_that_do_not(dyer, tmp_path, capsys):
    """Half of it plus 26, 51 or 102: a cat becomes a fox, all others stay nearer to something else."""
    levels = {"cat": 20, "dog": 200, "fox": 115}
    train, test = (
        flat_images(tmp_path / name, levels, count) for name, count in (("train", 16), ("test", 4))
    )
    argv = ["--data", train, "--test-data", test, "--resolution", "8", "--steps", "80", "--update-card"]
    assert cli.main(["judge-domains", dyer, *argv]) == 0
    printed = capsys.readouterr().out
    entry = card.read(dyer)["metrics"]["domains test"]
    assert entry["share of real images in their domain"] == 1.0
    assert entry["share in the domain asked for"] == pytest.approx(4 / 24)
    shares = {"cat": "  0.0%", "dog": "  0.0%", "fox": " 50.0%"}
    for name, share in shares.items():
        assert f"{name:<20}  {share} of translated, 100.0% of real images" in printed
    assert entry["of"] == "24 translations of 12 images, 8 px"
    assert "L1" not in entry
    assert "--data train --resolution 8 --test-data test --steps 80 --seed 0`" in entry["command"]
    assert str(tmp_path) not in entry["command"]


def test_against_what_images_should_become(keeper, capsys):
    """What stays as it is, is in no other domain, and as far from its target as it was."""
    argv = ["--data", "emoji:twemoji", "--resolution", "16", "--steps", "2", "--update-card"]
    assert cli.main(["judge-domains", keeper, *argv]) == 0
    entry = card.read(keeper)["metrics"]["domains emoji:twemoji (test)"]
    loaded = data.load_domains(data.open_domains("emoji:twemoji", "tones", split="test"), 16, progress=False)
    images = loaded.images[loaded.counterparts()[loaded.labels == 0]] / 255.0  # (bases, tones, 16, 16, 3)
    far = [np.abs(images[:, i] - images[:, j]).mean() for i in range(6) for j in range(6) if i != j]
    assert entry["L1"] == entry["L1 of the images as they were"] == pytest.approx(np.mean(far), rel=1e-6)
    assert entry["MS-SSIM"] == entry["MS-SSIM of the images as they were"] < 1
    assert entry["of"] == "960 translations of 192 images, 16 px"
    assert f"{entry['L1']:.4f}" in capsys.readouterr().out


def test_wrong_arguments(dyer, darkener, fails):
    flags = ["--data", "emoji", "--resolution", "16"]
    assert "judge-pairs is for such networks" in fails("judge-domains", darkener, *flags)
    assert "--resolution must be a multiple of 4" in fails("judge-domains", dyer, "--data", "emoji")
    message = fails("judge-domains", dyer, *flags)
    assert "The domains must be cat, dog, fox. Those of emoji are: fluent, noto, twemoji" in message
