"""The package's rules about itself: who imports whom, what is tested, registered and documented."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import keras_gans
from keras_gans.serialization import Configurable

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "keras_gans"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "train").glob("*.py"))

# What a folder may import besides itself and the root files.
MAY_IMPORT = {
    "layers": set(),
    "losses": set(),
    "diffusion": set(),
    "data": set(),
    "latent": set(),
    "augment": {"layers"},
    "networks": {"layers"},
    "metrics": {"latent"},
    "training": {"losses", "augment", "diffusion", "metrics", "networks"},
    "export": {"networks", "diffusion"},
    "importers": {"networks"},
    "presets": {"networks"},
    "serialization": set(),
    "random": set(),
    "images": set(),
    "endpoints": set(),
}
ROOT_FILES = {"serialization", "random", "images", "presets", "endpoints"}
MAY_NAME_TENSORFLOW = {"training", "data", "export", "latent", "random", "losses", "cli"}
ABSTRACT = {"Configurable", "Term", "AdversarialLoss", "Schedule", "Trainer"}


def label(path):
    return str(path.relative_to(ROOT))


def part_of(path):
    """The folder or root file of the package that a source belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Dotted names of all that a file imports or takes from the package, wherever it does.

    `from a import b` counts as a.b, and so does keras_gans.b after `import keras_gans`.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{label(path)}:{node.lineno}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "keras_gans":
            yield f"keras_gans.{node.attr}"


def test_imports_are_found(tmp_path):
    source = tmp_path / "source.py"
    source.write_text("import a.b\ndef f():\n    from c import d, e\n    x = keras_gans.layers.Bias\n")
    assert sorted(imports(source)) == ["a.b", "c.d", "c.e", "keras_gans.layers"]


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_import_table(path):
    part = part_of(path)
    for name in imports(path):
        package, *rest = name.split(".")
        assert package not in {"train", "common", *(script.stem for script in SCRIPTS)}, name
        assert package != "tensorflow" or part in MAY_NAME_TENSORFLOW, f"{part} imports {name}"
        if package != "keras_gans" or part == "cli" or path == PACKAGE / "__init__.py":
            continue
        if rest in ([], ["__version__"]):
            continue
        assert rest[0] != "cli", name
        allowed = MAY_IMPORT[part] | {part} | (ROOT_FILES - ({"presets"} if part in ROOT_FILES else set()))
        assert rest[0] in allowed, f"{part} may not import {name}"


MODULES = [path for path in [*SOURCES, *SCRIPTS] if path.stem != "__init__"]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_every_module_has_its_mirrored_test(path):
    inside = path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT)
    assert (ROOT / "tests" / inside.parent / f"test_{path.name}").is_file()


def modules():
    names = [module.name for module in pkgutil.walk_packages(keras_gans.__path__, "keras_gans.")]
    return [importlib.import_module(name) for name in names]


def test_every_class_is_registered():
    classes = {
        cls
        for module in modules()
        for cls in vars(module).values()
        if inspect.isclass(cls)
        and issubclass(cls, (keras.layers.Layer, Configurable))  # a Model is a Layer
        and cls.__module__.startswith("keras_gans")
        and not cls.__name__.startswith("_")
    }
    assert {"Bias", "ProGANGenerator", "ProGANDiscriminator", "Hinge", "R1"} <= {c.__name__ for c in classes}
    for cls in classes:
        if cls.__name__ not in ABSTRACT:
            assert keras.saving.get_registered_name(cls) == f"keras_gans>{cls.__name__}"
            assert keras.saving.get_registered_object(f"keras_gans>{cls.__name__}") is cls


def test_every_public_name_is_documented():
    for package in [module for module in modules() if hasattr(module, "__path__")]:
        assert package.__doc__, package.__name__
        for name in getattr(package, "__all__", []):
            thing = getattr(package, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                inherited = inspect.isclass(thing) and thing.__doc__ == thing.__base__.__doc__
                assert thing.__doc__ and not inherited, f"{package.__name__}.{name}"


def test_every_sub_package_is_exported():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"cli"}  # a program
    assert folders <= set(keras_gans.__all__)


@pytest.mark.slow
def test_the_package_imports_without_what_is_optional():
    names = ("tensorflow_hub", "tensorflow_datasets", "tf_keras", "imageio", "tensorboard")
    code = f"import sys, keras_gans; print([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
