import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_exports import Module, save

from keras_gans import cli, hub, metrics
from keras_gans.cli import evaluate
from keras_gans.export import card, load


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """60 images of noise, 8 pixels."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    folder.mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), "uint8")):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture(autouse=True)
def cheap(monkeypatch, tmp_path):
    """An extractor that costs nothing, under the name on the command line, and a cache of its own."""
    asked = []

    def get_extractor(name):
        asked.append(name)
        return metrics.random_projection(4, 6)

    monkeypatch.setitem(metrics.evaluate.__globals__, "get_extractor", get_extractor)
    monkeypatch.setenv("KERAS_GANS_CACHE", str(tmp_path / "cache"))
    return asked


def test_scores_of_an_export(preset, photos, tmp_path, capsys, cheap):
    out = tmp_path / "scores.json"
    names = "fid20,kid40_full,pr20"
    command = ["evaluate", preset, "--data", str(photos), "--metrics", names, "--features", "mine"]
    assert cli.main([*command, "--seed", "7", "--batch-size", "16", "--json", str(out)]) == 0
    assert cheap == ["mine"]
    content = json.loads(out.read_text())
    expected = metrics.evaluate(preset, photos, names, features=metrics.random_projection(4, 6), seed=7)
    for found, score in zip(content["scores"], expected, strict=True):
        assert found["protocol"] == score.protocol
        assert found["value"] == pytest.approx(score.value, rel=1e-4)
        assert (found["seed"], found["resolution"]) == (7, 4)
    printed = capsys.readouterr().out
    assert "fid20[random-4-6-0]" in printed and f"{expected[0].value:.4g}" in printed
    assert "kid40_full[random-4-6-0]: 100 subsets of 20" in printed
    assert content["command"].startswith("keras-gans evaluate painter_noise_4 --metrics fid20,")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_table_of_a_folder(photos, capsys, cheap):
    command = ["evaluate", str(photos), "--data", str(photos), "--metrics", "dc60"]
    assert cli.main(command) == 0
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in capsys.readouterr().out.splitlines()[1:]}
    assert rows["dc60[random-4-6-0]", "coverage"] == ["1", "60", "60"]
    assert cheap == ["inception-2015"]


def test_the_card(conditional, own_copy, photos, capsys):
    conditional = own_copy(conditional)
    command = ["evaluate", conditional, "--data", str(photos), "--features", "mine", "--update-card"]
    assert cli.main([*command, "--metrics", "fid20,kid20"]) == 0
    assert "written to the card" in capsys.readouterr().out
    assert cli.main([*command, "--metrics", "pr20,kid20", "--label", "dog", "--truncation", "0.5"]) == 0
    scores = card.read(conditional)["metrics"]
    kid, plain = "kid20[random-4-6-0], photos", "fid20[random-4-6-0], photos"
    dog = ", class dog, truncation 0.5"
    assert list(scores) == [plain, kid, f"pr20[random-4-6-0], photos{dog}", kid + dog]
    assert scores[plain]["note"] == "classes drawn uniformly"
    readme = (Path(conditional) / "README.md").read_text()
    assert f"| {plain}: distance |" in readme and str(photos) not in readme
    load(conditional, verify=True)


def test_pairs_on_the_card(darkener, own_copy, capsys):
    darkener = own_copy(darkener)
    command = [
        "evaluate",
        darkener,
        "--data",
        "emoji:noto,fluent",
        "--metrics",
        "pairs",
        "--resolution",
        "16",
    ]
    assert cli.main([*command, "--update-card"]) == 0
    printed, entry = capsys.readouterr().out, card.read(darkener)["metrics"]["pairs emoji:noto,fluent (test)"]
    assert f"{entry['L1']:.4g}" in printed and "L1 of the images as they were" in printed


def test_a_card_that_is_not_there_is_missed_before_the_work(photos, fails, monkeypatch, tmp_path):
    monkeypatch.setattr(metrics, "evaluate", lambda *args, **kwargs: pytest.fail("it worked first"))
    rest = ["--data", str(photos), "--metrics", "fid20", "--update-card"]
    assert "a folder of images has none" in fails("evaluate", str(photos), *rest)
    module = Module()
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    assert "has no card.json. --json keeps" in fails("evaluate", path, *rest)
    missing = str(tmp_path / "none" / "x.json")
    assert "folder of --json does not exist" in fails("evaluate", path, *rest, "--json", missing)


def test_the_default_data_is_that_of_the_preset(preset):
    model = hub.load(preset)
    assert evaluate.default_data(model) is None
    model.card["preset"] = "progan_emoji_32"
    assert evaluate.default_data(model) == "emoji"


def test_errors(preset, fails, tmp_path):
    command = ["evaluate", preset, "--metrics", "fid20"]
    assert "fid20 compares with real images: pass --data" in fails(*command)
    assert "must be a number from 0 to 2147483647" in fails(*command, "--seed", "-1")
    assert "must be a number from 0 to 2147483647" in fails(*command, "--seed", str(2**31))
    assert "must end in .json" in fails(*command, "--json", "scores.txt")
    assert "Looked for" in fails("evaluate", str(tmp_path / "none"), *command[2:])
    assert "A data set must be" in fails(*command, "--data", str(tmp_path / "none"))


@pytest.mark.full
def test_real_features(preset, monkeypatch, capsys):
    from keras_gans.metrics import features

    monkeypatch.setitem(metrics.evaluate.__globals__, "get_extractor", features.get_extractor)
    command = ["evaluate", preset, "--data", "emoji:noto", "--split", "test", "--metrics", "fid10,is10"]
    assert cli.main([*command, "--features", "efficientnet-lite0"]) == 0
    printed = capsys.readouterr().out
    assert "fid10[efficientnet-lite0]" in printed and "than features (1,280)" in printed
    [score] = [line.split() for line in printed.splitlines() if line.startswith("is10[efficientnet-lite0]")]
    assert 1.0 <= float(score[2]) < 20.0


def test_scores_of_the_others_are_kept(preset, own_copy, photos, tmp_path, fails, monkeypatch, capsys):
    def broken(context):
        raise FloatingPointError("no number")

    compute = metrics.compute_scores.__globals__["_COMPUTE"]
    monkeypatch.setitem(compute, "kid", broken)
    preset, out, printed = own_copy(preset), tmp_path / "scores.json", []
    monkeypatch.setattr(evaluate, "print", lambda text, **options: printed.append(text), raising=False)
    rest = ["--data", str(photos), "--json", str(out), "--update-card"]
    command = ["evaluate", preset, *rest, "--metrics", "kid20,fid20"]
    assert "kid20: FloatingPointError: no number" in fails(*command)
    assert "fid20[random-4-6-0]" in printed[0] and "written to the card" in printed[1]
    content = json.loads(out.read_text())
    assert [score["metric"] for score in content["scores"]] == ["fid20"]
    assert content["failed"] == {"kid20": "no number"}
    assert list(card.read(hub.locate(preset))["metrics"]) == ["fid20[random-4-6-0], photos"]
    monkeypatch.setitem(compute, "fid", broken)
    printed.clear()
    assert "2 of the metrics could not be computed" in fails(*command, "--overwrite")
    assert not printed and json.loads(out.read_text()) == content


def test_sizes_of_a_folder(photos, tmp_path, fails, capsys):
    for number, size in enumerate([8, 8, 12] * 10):
        Image.fromarray(np.full((size, size, 3), number, "uint8")).save(tmp_path / f"{number}.png")
    command = ["evaluate", str(tmp_path), "--data", str(photos), "--metrics", "fid20"]
    shown = fails(*command)
    assert "20 of 8, 10 of 12. Pass --resolution N, at most 8," in shown
    assert cli.main([*command, "--resolution", "8"]) == 0
    assert "fid20[random-4-6-0]" in capsys.readouterr().out


def test_advice_can_be_followed(photos, tmp_path, fails):
    few = tmp_path / "few"
    few.mkdir()
    for number in range(12):
        (few / f"{number}.png").write_bytes((photos / f"{number:02d}.png").read_bytes())
    command = ["evaluate", str(photos), "--data", str(few), "--metrics"]
    assert "fid20_full compares with all of them; fid12 would do" in fails(*command, "fid20")
    assert cli.main([*command, "fid20_full,fid12"]) == 0
    for number in range(4, 12):
        (few / f"{number}.png").unlink()
    shown = fails(*command, "dc20")
    assert "Received: 4. Every metric takes 10 images or more" in shown and "would do" not in shown
