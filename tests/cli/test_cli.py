import subprocess
import sys
import types

import pytest

import keras_gans
import keras_gans_cli
from keras_gans import cli, presets

# Runs the command as its entry point does, and prints what of the heavy packages was imported for it.
ARGUMENTS_ALONE = """
import sys, keras_gans_cli
try:
    keras_gans_cli.main()
finally:
    parts = {name.split(".")[1] for name in sys.modules if name.startswith("keras_gans.")}
    print(*{"numpy", "keras", "tensorflow"} & set(sys.modules), *sorted(parts))
"""


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


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "progan_emoji_32", "--seeds", "x"]])
def test_arguments_are_read_without_tensorflow(arguments):
    command = [sys.executable, "-c", ARGUMENTS_ALONE, *arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.stdout.endswith(
        "\ncli resolution version\n" if "--help" in arguments else "cli resolution version\n"
    )
    assert process.returncode == (0 if arguments == ["--help"] else 2)


def test_a_command_runs_with_the_whole_package(monkeypatch):
    """After its arguments were read with the package alone."""
    seen = []
    monkeypatch.delattr(keras_gans, "load")
    monkeypatch.setattr(cli.presets, "run", lambda options: seen.append(hasattr(keras_gans, "load")))
    monkeypatch.setattr(sys, "argv", ["keras-gans", "presets"])
    assert keras_gans_cli.main() == 0 and seen == [True]


def test_models_are_those_of_the_presets():
    assert list(cli.train.MODELS) == presets.models()


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
