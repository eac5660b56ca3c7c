"""The programs of the README and of the guides run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from keras_gans import cli
from keras_gans.cli import train

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    "docs/index.md",
    *(path.relative_to(ROOT) for path in (ROOT / "docs/guides").glob("*.md")),
)
# These run with the full matrices: they take long, or show what has a test or another program of its own.
FULL = (
    "ddpm_emoji_32",
    "tf.reduce_mean(tf.abs(",
    "classifier.fit(",
    "stylegan2.mix(",
    "print(images.shape)  # (16, 32, 32, 3)",
)

# One process for all programs, which starts without keras_gans.
CHILD = """
import contextlib, io, json, os, sys, traceback

results = []
for program, foreign, folder in json.load(sys.stdin):
    if foreign:
        sys.modules["keras_gans"] = None
    elif sys.modules.get("keras_gans", "") is None:
        del sys.modules["keras_gans"]
    os.chdir(folder)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile(program, "program", "exec"), {"__name__": "__main__"})
        results.append([output.getvalue(), None])
    except BaseException:
        results.append([output.getvalue(), traceback.format_exc()])
print("RESULTS " + json.dumps(results))
"""

# What a program that holds the first text prints.
PRINTED = {
    "mean distance": r"mean distance ([\d.]+) -> ([\d.]+)",
    "thumbnails": r"\(4, 16, 16, 3\)",
    "sngan_projection": r"\(4, 32, 32, 3\) \(4, 32, 32, 3\)",
    "ddpm_emoji_32/1": r"\(4, 32, 32, 3\) \(4, 32, 32, 3\) \(4, 3072\)",
}


def is_foreign(program):
    """Whether a program does without keras_gans, whose exports it uses."""
    return re.search(r"\bkeras_gans\b", program) is None


def programs():
    """All programs, each once; those that do without keras_gans first."""
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    found = dict.fromkeys(
        one for text in texts for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    )
    return sorted(found, key=lambda program: not is_foreign(program))


def run(selected, folder):
    """Runs programs, each in a folder that has `savedmodels`. Returns `[(output, error), ...]`."""
    jobs = []
    for number, program in enumerate(selected):
        work = folder / str(number)
        work.mkdir()
        (work / "savedmodels").symlink_to(ROOT / "savedmodels")
        jobs.append((program, is_foreign(program), str(work)))
    command = [sys.executable, "-c", CHILD]
    done = subprocess.run(command, cwd=folder, input=json.dumps(jobs), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.rpartition("RESULTS ")[2])


def check(selected, folder):
    """Runs programs and looks at what they print and write."""
    results = run(selected, folder)
    faults = [f"{program}\n{error}" for program, (_, error) in zip(selected, results, strict=True) if error]
    assert not faults, "\n".join(faults)
    for number, (program, (output, _)) in enumerate(zip(selected, results, strict=True)):
        for text, pattern in PRINTED.items():
            found = re.search(pattern, output)
            assert text not in program or found, (program, output)
            if text == "mean distance" and found:
                assert float(found[2]) < 0.5 * float(found[1])
        if "animation.gif" in program:
            import imageio.v3 as iio

            assert iio.imread(folder / str(number) / "animation.gif").shape == (50, 32, 32, 3)


def is_full(program):
    return any(text in program for text in FULL)


@pytest.mark.slow
def test_programs_run(tmp_path):
    selected = [program for program in programs() if not is_full(program)]
    assert {is_foreign(program) for program in selected} == {True, False}
    check(selected, tmp_path)


@pytest.mark.full
def test_all_other_programs_run(tmp_path):
    check([program for program in programs() if is_full(program)], tmp_path)


def test_a_program_that_fails_is_found(tmp_path):
    """Each program has names of its own, and what ends one does not end the others."""
    selected = ["x = 1\nprint(x)", "print(x)", "raise SystemExit(3)"]
    assert not is_foreign("import keras_gans") and is_foreign(selected[0])
    results = run(selected, tmp_path)
    assert results[0] == ["1\n", None]
    assert "NameError" in results[1][1] and "SystemExit: 3" in results[2][1]


def commands():
    """The arguments of every `keras-gans` command line."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.findall(r"```shell\n(.*?)```", text, re.DOTALL):
            for line in block.splitlines():
                if line.startswith("keras-gans "):
                    yield shlex.split(line, comments=True)[1:]


def test_commands_are_understood():
    lines = list(commands())
    assert {"generate", "evaluate", "train"} <= {arguments[0] for arguments in lines}
    for arguments in lines:
        options = cli.make_parser().parse_args(arguments)
        if arguments[0] == "train" and arguments[1] != "--help":
            train.make_parser(options.model, None).parse_args(options.flags)


def test_a_command_that_is_not_understood_is_found():
    with pytest.raises(SystemExit):
        cli.make_parser().parse_args(["generate", "savedmodels/progan_emoji_32", "--sedes", "1"])
