import types

import pytest

from keras_gans import cli


def test_errors_say_what_is_there(preset, tmp_path, fails):
    (tmp_path / "letters").mkdir()
    out = str(tmp_path / "x.png")
    message = fails("generate", str(tmp_path), "--seeds", "1", "--out", out)
    assert "holds no export" in message and "letters" in message
    assert "no classes" in fails("generate", preset, "--seeds", "1", "--label", "cat", "--out", out)


def test_words_of_a_guard():
    error = "Graph execution error:\n\nassertion failed: [`z` must be short. Received:] [3]\n\t [[x]]"
    assert cli._assertion(error) == "`z` must be short. Received: [3]"


def test_other_errors_are_not_hidden(preset, monkeypatch):
    def broken(options):
        raise RuntimeError("a bug")

    options = types.SimpleNamespace(run=broken)
    monkeypatch.setattr(cli.Parser, "parse_args", lambda self, argv: options)
    with pytest.raises(RuntimeError, match="a bug"):
        cli.main([])


@pytest.mark.parametrize("command", ["presets", "train"])
def test_a_closed_pipe_is_left_to_the_program(command, monkeypatch):
    def closed(*args, **options):
        raise BrokenPipeError

    monkeypatch.setattr(cli.presets, "run", closed)
    monkeypatch.setattr(cli.train, "_act", closed)
    with pytest.raises(BrokenPipeError):
        cli.main(["train", "dcgan"] if command == "train" else ["presets"])


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["--help"])
    printed = capsys.readouterr().out
    assert exit.value.code == 0 and "examples:" in printed
    for name in ("generate", "interpolate", "mix", "check", "prepare", "card"):
        assert f"keras-gans {name}" in printed
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        assert f"keras-gans {name}" in capsys.readouterr().out
