"""The programs of the README and of the guides run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from idx_files import write_part
from PIL import Image

from keras_gans import cli, data, diffusion
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


def test_the_textbook_program(tmp_path, monkeypatch, eagerly):
    """Diffusion by hand, in a second: three steps, 64 emoji in the files of Fashion-MNIST, a thin network."""
    grey = data.load(data.open_source("emoji:noto", split="test"), 28, channels="grey").images[:64]
    write_part(tmp_path, "train", grey[..., 0], np.zeros(64))
    page = (ROOT / "docs/guides/textbook_diffusion.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    small = {"DATA": repr(str(tmp_path)), "T": 3, "WIDTH": 8, "EPOCHS": 1, "SHOWN": 2}
    for name, value in small.items():
        program, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", program, flags=re.MULTILINE)
        assert count == 1, name
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "program", "exec"), made := {"__name__": "program"})
    with Image.open(tmp_path / "generated.png") as picture:
        assert (picture.mode, picture.size) == ("L", (28 * 8, 28))
    published = np.load(ROOT / "tests/reference/variance_schedule_textbook.npz")
    for table, name in zip(made["variance_schedule"](4000), ("alpha", "alpha_cumprod", "beta"), strict=True):
        np.testing.assert_allclose(table, published[f"outputs/{name}_float64"], rtol=0, atol=1e-12)
    # The network predicts 0 at first, so that the first step back is known but for its noise.
    made["network"].set_weights([np.zeros_like(weight) for weight in made["network"].get_weights()])
    x = tf.ones((2, 28, 28, 1))
    np.testing.assert_allclose(made["step_back"](x, tf.constant(1)), x / made["alpha"][1] ** 0.5, rtol=1e-6)
    process = diffusion.DiffusionProcess(diffusion.CosineSchedule(3), variance=diffusion.FixedLarge())
    (noisy, before), noise = made["prepare_batch"](tf.constant(grey))
    expected = process.add_noise(tf.cast(grey, "float32") / 127.5 - 1, noise, before + 1)
    np.testing.assert_allclose(noisy, expected, atol=1e-5)
    assert set(before.numpy()) == {0, 1, 2}


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
