import sys

import imageio.v3 as iio
import pytest

from keras_gans import cli, export, networks, runs
from keras_gans.cli import demo, train


@pytest.mark.parametrize("config", [None, "{}", "[", '{"format": 1}', "another"])
def test_a_run_of_somebody_is_kept(config, tmp_path, monkeypatch, fails):
    monkeypatch.setattr(demo, "start", lambda command: pytest.fail("it worked first"))
    (tmp_path / "run").mkdir()
    if config == "another":
        runs.actions.configure("dcgan_emoji_32", out=str(tmp_path / "run")).write()
    elif config:
        (tmp_path / "run" / "config.json").write_text(config)
    (tmp_path / "run" / "mine.txt").write_text("mine")
    assert "run is no run of a demo, and is kept" in fails("demo", "--out", str(tmp_path), "--overwrite")
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"
    other = ["demo", "--out", str(tmp_path / "run"), "--overwrite"]
    assert "run holds other files, and no demo. Choose another --out" in fails(*other)


def test_every_command_is_one_that_its_program_takes(tmp_path, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(demo, "start", lambda command: commands.append(command))
    assert cli.main(["demo", "--out", str(tmp_path / "demo"), "--images", "100"]) == 0
    trained, check, hub, generate, interpolate = commands
    assert trained[:3] == ["keras-gans", "train", "progan"]
    flags = vars(train.make_parser("progan").parse_args(trained[3:]))
    config = runs.actions.configure(**flags)
    assert config.images == 100 and len(config.resolved.build_plan().phases) == 3
    exported = str(tmp_path / "demo" / "run" / "export")
    for command in (check, generate, interpolate):
        assert command[0] == "keras-gans"
        assert exported in vars(cli.make_parser().parse_args(command[1:])).values()
    assert hub[0] == "python" and hub[3] == exported
    assert "walk.gif" in capsys.readouterr().out


def test_an_older_demo_is_replaced_if_that_is_wanted(tmp_path, monkeypatch, fails):
    monkeypatch.setattr(demo, "start", lambda command: 0)
    (tmp_path / "run").mkdir()
    runs.actions.configure("progan_emoji_16", out=str(tmp_path / "run")).write()
    for name in ("grid.png", "run/log.jsonl", "mine.png"):
        (tmp_path / name).write_text("")
    shown = fails("demo", "--out", str(tmp_path))
    assert f"There is already {tmp_path / 'run'}, {tmp_path / 'grid.png'}. " in shown
    assert (tmp_path / "run" / "log.jsonl").exists()
    assert cli.main(["demo", "--out", str(tmp_path), "--overwrite"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.png"]


def test_the_hub_program(tmp_path, monkeypatch, capsys):
    network = networks.ProGANGenerator(resolution=16, latent_dim=64, channel_base=32, channel_max=8)
    card = export.Card(
        preset="progan_emoji_16", model="m", paper="p", data="d", data_license="l", images_seen=0
    )
    export.export(network, tmp_path / "1", card=card)
    monkeypatch.setattr(sys, "argv", ["program", str(tmp_path / "1"), str(tmp_path / "grid.png")])
    exec(demo.HUB_PROGRAM, {})
    assert "hub.load gave (36, 16, 16, 3) images" in capsys.readouterr().out
    assert iio.imread(tmp_path / "grid.png").shape == (384, 384, 3)


def test_a_command_that_fails_ends_the_demo(tmp_path, monkeypatch, capfd):
    assert demo.start(["python", "-c", "import sys; sys.exit('broken')"]) == 1
    assert "broken" in capfd.readouterr().err
    codes = iter([0, 3, 0])
    monkeypatch.setattr(demo, "start", lambda command: next(codes))
    assert cli.main(["demo", "--out", str(tmp_path / "demo")]) == 3 and next(codes) == 0
