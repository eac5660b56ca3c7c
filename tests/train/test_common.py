import json

import pytest

import common


def flags(*argv):
    return common.parse("progan", "text", list(argv))


def test_defaults_are_the_first_preset(tmp_path):
    config = common.configure("progan", flags("--out", str(tmp_path / "new")))
    assert config["preset"] == "progan_emoji_32"
    assert (config["data"], config["resolution"], config["model"]) == ("emoji", 32, "progan")
    assert config["schedule"]["batch_sizes"] == {4: 32, 8: 32, 16: 16, 32: 16}
    assert not {"resume", "dry_run", "export"} & set(config)
    json.dumps(config)


def test_flags_change_the_preset(tmp_path):
    config = common.configure(
        "progan",
        flags("--out", str(tmp_path / "x"), "--resolution", "64", "--batch-size", "4:64,16:8", "--flip"),
    )
    assert config["schedule"]["batch_sizes"] == {4: 64, 8: 64, 16: 8, 32: 8, 64: 8}
    assert config["schedule"]["learning_rates"][64] == 1e-3
    assert config["flip"] is True


@pytest.mark.parametrize(
    "text, expected", [("16", {4: 16, 8: 16}), ("8:4", {4: 4, 8: 4}), ("4:2,8:1", {4: 2, 8: 1})]
)
def test_batch_sizes(text, expected):
    assert common.read_batch_sizes(text, [4, 8]) == expected


@pytest.mark.parametrize("text", ["", "x", "16:4", "4:0", "4:8:2", "-3", "4=8"])
def test_wrong_batch_sizes(text):
    with pytest.raises(ValueError, match="--batch-size takes 16 or 4:64,8:32"):
        common.read_batch_sizes(text, [4, 8])


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--preset", "progan_emojy_32"], "Did you mean 'progan_emoji_32'"),
        (["--preset", "progan_celebahq_1024"], "needs --data: a folder of CelebA-HQ"),
        (["--resolution", "48"], "power of two from 8. Received: 48"),
        (["--resume"], "There is no run in"),
    ],
)
def test_wrong_configurations(tmp_path, argv, message):
    with pytest.raises(ValueError, match=message):
        common.configure("progan", flags("--out", str(tmp_path / "none"), *argv))


def test_a_run_is_not_overwritten(tmp_path):
    config = {"model": "progan", "out": "elsewhere", "versions": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"holds a run\. Add --resume"):
        common.configure("progan", flags("--out", str(tmp_path)))
    resumed = common.configure("progan", flags("--out", str(tmp_path), "--resume"))
    assert resumed == {
        "model": "progan",
        "out": str(tmp_path),
        "versions": {},
    }  # also where the folder has moved
    (tmp_path / "config.json").write_text(json.dumps({"model": "other"}))
    with pytest.raises(ValueError, match="is a run of other, not of progan"):
        common.configure("progan", flags("--out", str(tmp_path), "--resume"))


@pytest.mark.parametrize(
    "argv", [["--images", "0"], ["--strategy", "tpu"], ["--save-every", "-1"], ["--best"]]
)
def test_wrong_flags_end_with_code_2(argv, capsys):
    with pytest.raises(SystemExit) as end:
        flags(*argv)
    assert end.value.code == 2
    assert argv[0] in capsys.readouterr().err


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        flags("--help")
    text = capsys.readouterr().out
    for word in ("progan_celeba_128", "--resume", "tfds:NAME", "checkpoints/", "75 stopped by a signal"):
        assert word in text


def test_a_resumed_run_keeps_its_settings(tmp_path):
    config = {"model": "progan", "versions": {}, "images": 100, "seed": 3}
    (tmp_path / "config.json").write_text(json.dumps(config))
    same = flags("--out", str(tmp_path), "--resume", "--images", "100")
    assert common.configure("progan", same)["images"] == 100
    best = flags("--out", str(tmp_path), "--export", "--best")
    assert "best" not in common.configure("progan", best)
    with pytest.raises(ValueError, match=r"own settings. Received: --images 200, the run has 100"):
        common.configure("progan", flags("--out", str(tmp_path), "--resume", "--images", "200"))


def test_other_versions_are_noted(tmp_path, capsys):
    config = {"model": "progan", "versions": {"keras": "3.0.0"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    common.configure("progan", flags("--out", str(tmp_path), "--resume"))
    assert "began with {'keras': '3.0.0'}" in capsys.readouterr().out


def test_errors_are_one_line_and_code_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        common.main("progan", "t", None, None, description="", argv=["--out", str(tmp_path), "--resume"])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
