import functools
import json
import types

import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, data, metrics
from keras_gans.cli import evaluate, samples
from keras_gans.export import card, load

NAMES = "fid20,kid40_full,pr20"


@pytest.fixture
def photos(tmp_path):
    """60 images of noise, 8 pixels."""
    folder = tmp_path / "photos"
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

    monkeypatch.setattr(metrics, "get_extractor", get_extractor)
    monkeypatch.setenv("KERAS_GANS_CACHE", str(tmp_path / "cache"))
    return asked


def test_scores_of_an_export(preset, photos, tmp_path, capsys, cheap):
    out = tmp_path / "scores.json"
    command = ["evaluate", preset, "--data", str(photos), "--metrics", NAMES, "--features", "mine"]
    assert cli.main([*command, "--seed", "7", "--batch-size", "16", "--json", str(out)]) == 0
    assert cheap == ["mine"]
    content = json.loads(out.read_text())
    judged = samples.open_samples(
        types.SimpleNamespace(
            directory=preset, seed=7, truncation=None, label=None, guidance=None, signed=False, crop=None
        )
    )
    real = data.load(data.open_source(photos), 4, progress=False)
    expected = metrics.compute_scores(
        metrics.Images(judged.images.take),
        metrics.Images(real.take, 60),
        NAMES.split(","),
        metrics.random_projection(4, 6),
        seed=7,
    )
    assert [score["protocol"] for score in content["scores"]] == [score.protocol for score in expected]
    for found, score in zip(content["scores"], expected, strict=True):
        assert found["value"] == pytest.approx(score.value, rel=1e-4)
        assert (found["real_count"], found["generated_count"]) == (score.real_count, score.generated_count)
        assert (found["seed"], found["resolution"]) == (7, 4)
    printed = capsys.readouterr().out
    assert "fid20[random-4-6-0]" in printed and f"{expected[0].value:.4g}" in printed
    assert "kid40_full[random-4-6-0]: 100 subsets of 20" in printed
    assert content["command"].startswith("keras-gans evaluate painter_noise_4 --data photos --split train")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_folder_against_a_folder(photos, capsys):
    command = ["evaluate", str(photos), "--data", str(photos), "--metrics", "fid60,dc60,kid60"]
    assert cli.main(command) == 0
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in capsys.readouterr().out.splitlines()[1:]}
    assert float(rows["fid60[random-4-6-0]", "distance"][0]) < 1e-6  # the same images
    assert rows["dc60[random-4-6-0]", "coverage"] == ["1", "60", "60"]


def test_metrics_without_a_real_side(preset, cheap, capsys):
    assert cli.main(["evaluate", preset, "--metrics", "ppl20_zend"]) == 0
    assert "ppl20_zend[random-4-6-0]" in capsys.readouterr().out and cheap == ["inception-2015"]


def test_the_card(conditional, photos, capsys):
    command = ["evaluate", conditional, "--data", str(photos), "--features", "mine", "--update-card"]
    try:
        assert cli.main([*command, "--metrics", "fid20,kid20"]) == 0
        assert "written to the card" in capsys.readouterr().out
        assert cli.main([*command, "--metrics", "pr20,kid20", "--class", "dog", "--truncation", "0.5"]) == 0
        scores = card.read(conditional)["metrics"]
        kid, plain = "kid20[random-4-6-0], photos", "fid20[random-4-6-0], photos"
        dog = ", class dog, truncation 0.5"
        assert list(scores) == [plain, kid, f"pr20[random-4-6-0], photos{dog}", kid + dog]
        entry = scores[f"pr20[random-4-6-0], photos{dog}"]
        assert entry.keys() == {"precision", "recall", "of", "command"}
        assert entry["of"] == f"20 generated{dog}, 20 real images of photos (train), 4 px, seed 0"
        assert scores[plain]["of"] == "20 generated, 20 real images of photos (train), 4 px, seed 0"
        assert scores[plain]["note"] == "classes drawn uniformly"
        assert "/1 --data photos --split train --metrics pr20,kid20 --features mine" in entry["command"]
        assert entry["command"].endswith("--seed 0 --truncation 0.5 --class dog`")
        assert {"distance", "distance, standard deviation", "note"} < scores[kid].keys()
        assert "--class dog" in scores[kid + dog]["command"] and "--class" not in scores[kid]["command"]
        readme = (samples.Path(conditional) / "README.md").read_text()
        assert f"| {plain}: distance |" in readme and str(photos) not in readme
        load(conditional, verify=True)
    finally:
        card.update(conditional, metrics={})


def test_a_card_that_is_not_there_is_missed_before_the_work(photos, fails, monkeypatch):
    monkeypatch.setattr(metrics, "compute_scores", lambda *args, **kwargs: pytest.fail("it worked first"))
    command = ["evaluate", str(photos), "--data", str(photos), "--metrics", "fid20", "--update-card"]
    assert "a folder of images has none" in fails(*command)


def test_names_on_a_card():
    def names(*argv, data="emoji", default="emoji"):
        argv = ["evaluate", "x", "--data", data, "--metrics", "fid20,is20", *argv]
        options = cli.make_parser().parse_args(argv)
        common = {"generated_count": 20, "resolution": 4, "seed": 0, "value": 1.0}
        scores = [
            metrics.Score(metric="", quantity="a", protocol="fid20[x]", real_count=20, **common),
            metrics.Score(metric="", quantity="a", protocol="is20[x]", real_count=0, **common),
        ]
        return list(evaluate.card_entries(scores, options, default_data=default))

    assert names() == ["fid20[x]", "is20[x]"]
    assert names("--split", "test") == ["fid20[x], split test", "is20[x]"]
    assert names(data="emoji:noto") == ["fid20[x], emoji:noto", "is20[x]"]
    assert names("--class", "dog") == ["fid20[x], class dog", "is20[x], class dog"]
    assert names("--truncation", "0.5", default=None) == [
        "fid20[x], emoji, truncation 0.5",
        "is20[x], truncation 0.5",
    ]


def test_the_default_data_is_that_of_the_preset(preset):
    options = cli.make_parser().parse_args(["evaluate", preset, "--metrics", "is20"])
    judged = samples.open_samples(options)
    assert judged.default_data() is None
    judged.card["preset"] = "progan_emoji_32"
    assert judged.default_data() == "emoji"


def test_classes_are_drawn_as_often_as_the_data_has_them(conditional, tmp_path, capsys):
    for number in range(30):
        folder = tmp_path / "animals" / ("cat", "dog", "hat")[0 if number < 20 else 1 if number < 29 else 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (4, 4, 3), "uint8")
        Image.fromarray(pixels).save(folder / f"{number}.png")
    command = ["evaluate", conditional, "--metrics", "fid20", "--data", str(tmp_path / "animals")]
    assert cli.main(command) == 0
    assert "fid20[random-4-6-0]: classes drawn as often as the data has them" in capsys.readouterr().out
    assert cli.main([*command, "--class", "dog"]) == 0
    assert "drawn" not in capsys.readouterr().out


def test_a_missing_folder_is_found_before_the_work(preset, photos, fails, monkeypatch, tmp_path):
    monkeypatch.setattr(metrics, "compute_scores", lambda *args, **kwargs: pytest.fail("it worked first"))
    command = ["evaluate", preset, "--data", str(photos), "--metrics", "fid20"]
    assert "folder of --json does not exist" in fails(*command, "--json", str(tmp_path / "none" / "x.json"))


def test_errors(preset, photos, fails, tmp_path):
    command = ["evaluate", preset, "--metrics", "fid20"]
    assert "fid20 compare with real images: pass --data" in fails(*command)
    command += ["--data", str(photos)]
    assert "A metric must be one of" in fails(*command[:2], "--metrics", "fid", *command[4:])
    assert "fid5k_full" in fails(*command[:2], "--metrics", "fid5k", *command[4:])
    assert "ppl2_wend runs paths in w" in fails("evaluate", preset, "--metrics", "ppl2_wend")
    assert "must be a number from 0 to 2147483647" in fails(*command, "--seed", "-1")
    assert "must be a number from 0 to 2147483647" in fails(*command, "--seed", str(2**31))
    assert "must end in .json" in fails(*command, "--json", "scores.txt")
    assert "does not exist" in fails("evaluate", str(tmp_path / "none"), *command[2:])
    assert "A data set must be" in fails(*command[:4], "--data", str(tmp_path / "none"))


def test_unknown_features(preset, photos, fails, monkeypatch):
    from keras_gans.metrics import features

    monkeypatch.setattr(metrics, "get_extractor", features.get_extractor)
    command = ["evaluate", preset, "--data", str(photos), "--metrics", "fid20", "--features", "vgg"]
    assert "inception-2015, efficientnet-lite0" in fails(*command)


def reference(photos, resolution=4):
    return evaluate.open_reference(
        types.SimpleNamespace(data=str(photos), split="train", crop=None), resolution
    ).identity


def test_identity_of_images_in_memory(photos):
    first = reference(photos)
    assert reference(photos) == first and reference(photos, 8) != first
    (photos / "05.png").rename(photos / "99.png")  # another order
    assert reference(photos) != first


def test_identity_of_images_on_disk(photos, monkeypatch):
    monkeypatch.setattr(data, "load", functools.partial(data.load, cache=False))
    first = reference(photos)
    assert reference(photos) == first and reference(photos, 8) != first
    (photos / "05.png").touch()
    assert reference(photos) != first


def test_commands_hide_the_machine():
    options = cli.make_parser().parse_args(
        [
            *("evaluate", "/home/me/savedmodels/x/1/", "--data", "/data/ffhq", "--metrics", "is5k"),
            *("--features", "inception-2015:/home/me/inception", "--signed", "--crop", "center"),
        ]
    )
    assert evaluate.command_of(options) == (
        "keras-gans evaluate x/1 --data ffhq --split train --metrics is5k "
        "--features inception-2015:inception --seed 0 --crop center --signed"
    )
    options = cli.make_parser().parse_args(["evaluate", "savedmodels/x/1", "--metrics", "is5k"])
    assert evaluate.command_of(options) == (
        "keras-gans evaluate savedmodels/x/1 --metrics is5k --features inception-2015 --seed 0"
    )


@pytest.mark.slow
def test_real_features(preset, monkeypatch, capsys):
    from keras_gans.metrics import features

    monkeypatch.setattr(metrics, "get_extractor", features.get_extractor)
    command = ["evaluate", preset, "--data", "emoji:noto", "--split", "test", "--metrics", "fid20,is20"]
    assert cli.main([*command, "--features", "efficientnet-lite0"]) == 0
    printed = capsys.readouterr().out
    assert "fid20[efficientnet-lite0]" in printed and "than features (1,280)" in printed
    [score] = [line.split() for line in printed.splitlines() if line.startswith("is20[efficientnet-lite0]")]
    assert 1.0 < float(score[2]) < 20.0
