import subprocess
import sys

import imageio.v3 as iio
import pytest

import common
import demo
from keras_gans import cli, export, networks


def test_another_folder_is_not_replaced(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    with pytest.raises(SystemExit):
        demo.main(["--out", str(tmp_path / "photos")])
    assert "is no demo" in capsys.readouterr().err


def test_every_command_is_one_that_its_program_takes(tmp_path, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(demo, "run", lambda *command, quiet=False: commands.append(list(command)))
    demo.main(["--out", str(tmp_path / "demo"), "--images", "100"])
    train, check, hub, generate, interpolate = commands
    arguments = common.parse("progan", "", train[2:])
    assert train[1].endswith("progan.py") and arguments.images == 100
    config = common.configure("progan", arguments)
    assert len(config["schedule"]["batch_sizes"]) == 3  # two growth phases
    exported = str(tmp_path / "demo" / "run" / "export")
    for command in (check, generate, interpolate):
        assert command[0].endswith("keras-gans")
        assert exported in vars(cli.make_parser().parse_args(command[1:])).values()
    assert hub[3] == exported
    assert "walk.gif" in capsys.readouterr().out


@pytest.mark.slow
def test_the_hub_program(tmp_path):
    network = networks.ProGANGenerator(resolution=16, latent_dim=64, channel_base=32, channel_max=8)
    card = export.Card(
        preset="progan_emoji_16", model="m", paper="p", data="d", data_license="l", images_seen=0
    )
    export.export(network, tmp_path / "1", card=card)
    command = [sys.executable, "-c", demo.HUB_PROGRAM, tmp_path / "1", tmp_path / "grid.png"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "hub.load gave (36, 16, 16, 3) images" in done.stdout
    assert iio.imread(tmp_path / "grid.png").shape == (384, 384, 3)


def test_a_command_that_fails_ends_the_demo():
    with pytest.raises(SystemExit) as end:
        demo.run(sys.executable, "-c", "import sys; sys.exit(3)")
    assert end.value.code == 3
