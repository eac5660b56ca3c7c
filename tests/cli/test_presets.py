import json

import pytest

from keras_gans import cli, presets


def test_a_table_of_all(capsys):
    assert cli.main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["preset", "paper", "parameters", "data"]
    assert [line.split()[0] for line in lines[1:]] == presets.names()
    [row] = [line for line in lines if line.startswith("stylegan2_cifar10_32 ")]
    assert row.split()[1:5] == ["2006.06676", "43.3", "M", "tfds:cifar10"]
    assert row.endswith("FID 2.92, FID 2.42 (with classes)")
    [row] = [line for line in lines if line.startswith("dcgan_lsun_64 ")]
    assert row.split()[-2:] == ["yours", "-"]


def test_one_model_s(capsys):
    cli.main(["presets", "--model", "sagan"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == presets.names("sagan")


def test_one_with_all_its_fields(capsys):
    cli.main(["presets", "stylegan2_emoji_32"])
    assert capsys.readouterr().out.strip() == str(presets.get("stylegan2_emoji_32"))


def test_json(capsys):
    cli.main(["presets", "stylegan2_emoji_32", "--json"])
    text = capsys.readouterr().out
    assert presets.Preset.from_json(text) == presets.get("stylegan2_emoji_32")
    cli.main(["presets", "--model", "sagan", "--json"])
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == presets.names("sagan")


@pytest.mark.parametrize(
    "argv, message",
    [(["stylegan2"], "no preset 'stylegan2'"), (["--model", "gna"], "no model 'gna'. Models: gan")],
)
def test_names_that_do_not_exist(argv, message, capsys):
    with pytest.raises(SystemExit):
        cli.main(["presets", *argv])
    assert message in capsys.readouterr().err
