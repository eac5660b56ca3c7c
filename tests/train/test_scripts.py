"""The scripts of train/ are `keras-gans train MODEL` with examples of their own."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import keras_gans_cli
from keras_gans import cli, presets
from keras_gans.cli.train import make_parser

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "train").glob("*.py"))


def test_every_model_has_its_script():
    assert {path.stem for path in SCRIPTS} == set(presets.models())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script(path, monkeypatch):
    calls = []
    monkeypatch.setattr(keras_gans_cli, "train", lambda *args: calls.append(args) or 75)
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(path), run_name="__main__")
    assert end.value.code == 75
    text = ast.get_docstring(ast.parse(path.read_text()), clean=False)
    assert calls == [(path.stem, text)] and len(path.read_text().splitlines()) < 25


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_its_examples_are_lines_that_it_takes(path):
    parser = make_parser(path.stem, "text")
    lines = [line.split("    ")[0].split() for line in path.read_text().splitlines()]
    examples = [line[2:] for line in lines if line[:1] == ["python"]]
    assert len(examples) >= 3 and all(
        line[1] == f"train/{path.name}" for line in lines if line[:1] == ["python"]
    )
    for example in examples:
        named = vars(parser.parse_args(example)).get("preset")
        assert named is None or named in presets.names(path.stem)


def test_ctrl_c_ends_a_program_without_a_traceback(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    monkeypatch.setattr(cli.train, "main", interrupted)
    for program in (keras_gans_cli.main, lambda: keras_gans_cli.train("dcgan", "text")):
        with pytest.raises(SystemExit) as ended:
            program()
        assert ended.value.code == 130 and capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_has_enough_ends_a_program_without_a_traceback(tmp_path):
    """As `keras-gans presets | head -1` does."""
    code = (
        "import sys, types, keras_gans_cli as program\n"  # the command alone: no TensorFlow for this
        "program.import_quietly = lambda: None\n"
        "cli = types.SimpleNamespace(main=lambda **options: print('line\\n' * 100_000))\n"
        "sys.modules['keras_gans'] = types.SimpleNamespace(cli=cli)\n"
        "sys.exit(program.main())"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert program.stdout.readline() == b"line\n"
    program.stdout.close()
    assert (program.stderr.read(), program.wait()) == (b"", 141)
