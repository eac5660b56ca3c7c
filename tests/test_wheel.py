"""The wheel carries all that training, loading and drawing need, in a folder without the repository."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import tiny_presets
from keras_gans import version

ROOT = Path(__file__).parents[1]
# Says what is wrong with a command; then reads a preset, trains, loads and draws, with the installed package.
PROGRAM = """
import sys, keras_gans_cli
sys.argv = ["keras-gans", "generate", "none", "--seeds", "0", "--out", "x.png"]
try:
    code = keras_gans_cli.main()
except SystemExit as ended:
    code = ended.code
print("ended with", code)
print("so far", file=sys.stderr)
import keras_gans, keras_gans.cli
assert "site-packages" in keras_gans.__file__, keras_gans.__file__
preset = keras_gans.presets.Preset.from_json(open("preset.json").read())
trainer = preset.build_trainer(num_classes=0)
assert trainer.compiled and "stylegan2_emoji_32" in keras_gans.presets.names()
run = keras_gans.runs.train(preset, out="runs/photos", images=8, split="test", tensorboard=False)
model = keras_gans.load("runs/photos/export")
images = model.sample(16, seed=0, truncation=0.7)
assert images.shape == (16, 8, 8, 3) and images.dtype == "float32", images.shape
assert keras_gans.cli.main(["train", "dcgan", "--out", "runs/photos", "--export"]) == 0
assert keras_gans.cli.main(["presets", "dcgan_emoji_32"]) == 0
try:
    keras_gans.load("no_such_model")
except (ValueError, OSError) as error:
    print("looked for", error)
print("version", keras_gans.__version__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built without a network, from a copy of what git knows: no build folder is left in the tree."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("keras_gans", "keras_gans_cli.py", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        (source / name).symlink_to(ROOT / name)
    command = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        out,
        source,
    ]
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    [path] = out.glob("*.whl")
    return path


def test_what_the_wheel_holds(wheel):
    assert wheel.name == f"keras_gans-{version.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in (ROOT / "keras_gans").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    assert "keras_gans_cli.py" in names and not any(name.startswith(("tests", "train")) for name in names)


def test_the_installed_package_trains_loads_and_draws(wheel, tmp_path):
    """In an environment of its own, which has the dependencies of this one but not its keras_gans.

    The entry point is quiet: of a command that fails, one line is all that is written, TensorFlow's included.
    """
    command = [sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"]
    subprocess.run(command, check=True)
    python = tmp_path / "env" / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*command, wheel], check=True)
    [site] = (tmp_path / "env").glob("lib/python*/site-packages")
    places = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(places or [sysconfig.get_path("purelib")]) + "\n")
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "preset.json").write_text(tiny_presets.tiny("dcgan").to_json())
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TF_"))
    }
    done = subprocess.run(
        [python, "-c", PROGRAM],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    written, marker, _ = done.stderr.partition("so far\n")
    assert written.startswith("keras-gans: error: ") and written.count("\n") == 1 and marker
    assert done.stdout.startswith("ended with 2\n")
    assert f"version {version.__version__}" in done.stdout and "looked for" in done.stdout
    command = tmp_path / "env" / "bin" / "keras-gans"
    assert command.read_text().startswith("#!") and "keras_gans_cli" in command.read_text()
