import numpy as np
import pytest

from keras_gans import cli
from keras_gans.data import Emoji
from keras_gans.export import card


def test_against_the_images_as_they_were(darkener, capsys):
    arguments = ["--data", "emoji:noto,fluent", "--resolution", "64", "--update-card"]
    assert cli.main(["judge-pairs", darkener, *arguments]) == 0
    noto, fluent = (
        np.stack([source.read(i) for i in range(len(source))]) / 255.0
        for source in (Emoji("noto", "test"), Emoji("fluent", "test"))
    )
    entry = card.read(darkener)["metrics"]["pairs emoji:noto,fluent (test)"]
    assert entry["L1 of the images as they were"] == pytest.approx(np.abs(noto - fluent).mean(), rel=1e-6)
    assert entry["L1"] == pytest.approx(np.abs(noto / 2 - fluent).mean(), abs=1e-3)
    assert 0 < entry["MS-SSIM"] < 1 and 0 < entry["MS-SSIM of the images as they were"] < 1
    assert entry["of"] == "341 pairs, 64 px, 3 scales"
    assert "--data emoji:noto,fluent --split test --direction forward --seed 0" in entry["command"]
    assert f"{entry['L1']:.4f}" in capsys.readouterr().out


def test_wrong_arguments(darkener, fails):
    data = ["--data", "emoji:noto,fluent"]
    assert "--resolution must be a multiple of 4, at least 8. Received: None" in fails(
        "judge-pairs", darkener, *data
    )
    assert "Received: 30" in fails("judge-pairs", darkener, *data, "--resolution", "30")
    assert "Two sets" in fails("judge-pairs", darkener, "--data", "emoji", "--resolution", "32")


def test_one_of_several_domains(dyer, fails):
    arguments = ["--data", "emoji:noto,fluent", "--resolution", "16"]
    assert "pass --label" in fails("judge-pairs", dyer, *arguments)
    assert "Pairs have one domain of targets. Received: --label all" in fails(
        "judge-pairs", dyer, *arguments, "--label", "all"
    )
    assert cli.main(["judge-pairs", dyer, *arguments, "--label", "fox", "--update-card"]) == 0
    entry = card.read(dyer)["metrics"]["pairs emoji:noto,fluent (test)"]
    assert "--label fox --resolution 16" in entry["command"]
