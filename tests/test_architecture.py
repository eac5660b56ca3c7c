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
from keras_gans.serialization import Configurable, Network

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "keras_gans"
SOURCES = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
SCRIPTS = sorted((ROOT / "train").glob("*.py"))

# What a folder may import besides itself and the root files.
MAY_IMPORT = {
    "layers": set(),
    "losses": set(),
    "diffusion": set(),
    "data": set(),
    "augment": {"layers"},
    "networks": {"layers"},
    "export": {"networks", "diffusion"},
    "latent": set(),
    "hub": {"export", "diffusion", "latent", "data"},
    "metrics": {"hub", "latent", "importers", "data"},
    "training": {"losses", "augment", "diffusion", "metrics", "networks"},
    "importers": {"networks", "diffusion"},
    "presets": {"networks", "losses", "augment", "diffusion", "training"},
}
ROOT_FILES = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
# These may import the whole package, and nothing else imports cli.
ANYTHING = {"runs", "cli", "__init__"}
MAY_NAME_TENSORFLOW = {
    "training",
    "runs",
    "data",
    "export",
    "hub",
    "latent",
    "random",
    "once",
    "losses",
    "cli",
}
# Only a function that needs one of these imports it: the package works without them.
OPTIONAL = {"tensorflow_hub", "tensorflow_datasets", "tf_keras", "imageio", "tensorboard"}
TYPED = ("presets", "runs", "hub", "metrics")
ABSTRACT = {"Augmentation", "Configurable", "Network", "Composite", "Translator", "Progressive"}
ABSTRACT |= {"Autoencoder", "LatentGenerator", "ImageDiscriminator", "KeptLayer"}
ABSTRACT |= {"Term", "Classification", "AdversarialLoss", "Plan", "Trainer", "OneOptimizer", "ChangingWeight"}


def label(path):
    return str(path.relative_to(ROOT))


def part_of(path):
    """The folder or root file of the package that a source belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree):
    """Dotted names of all that a file imports or takes from the package, wherever it does.

    `from a import b` counts as a.b, and so does keras_gans.b after `import keras_gans`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "keras_gans":
            yield f"keras_gans.{node.attr}"


def forbidden(part, tree):
    """What a source of a part of the package imports against the rules: list of dotted names."""
    scripts = {"", "train", *(script.stem for script in SCRIPTS)}  # "" is a relative import
    allowed = MAY_IMPORT.get(part, set()) | {part} | ROOT_FILES | {"__version__"}
    found = []
    for name in imports(tree):
        package, _, rest = name.partition(".")
        inside = rest.partition(".")[0]
        if package == "keras_gans" and inside:
            wrong = inside not in allowed and (part not in ANYTHING or inside == "cli")
        else:
            wrong = package in scripts or (package == "tensorflow" and part not in MAY_NAME_TENSORFLOW)
        found += [name] if wrong else []
    return found


def test_imports_are_found():
    tree = ast.parse("import a.b\ndef f():\n    from c import d, e\n    x = keras_gans.layers.Bias\n")
    assert sorted(imports(tree)) == ["a.b", "c.d", "c.e", "keras_gans.layers"]


def test_forbidden_imports_are_found():
    tree = ast.parse(
        "import keras_gans.random, keras_gans.layers\nimport tensorflow as tf\nimport stylegan2\n"
        "from keras_gans.cli import main\nfrom . import other\n"
    )
    ours = ["keras_gans.layers", "keras_gans.cli.main"]
    for part, found in (("networks", ours[1:]), ("losses", ours), ("runs", ours[1:]), ("cli", [])):
        expected = ["stylegan2", "..other", *found] + ["tensorflow"] * (part == "networks")
        assert sorted(forbidden(part, tree)) == sorted(expected), part


def test_import_table():
    assert {part_of(path) for path in SOURCES} <= set(MAY_IMPORT) | ROOT_FILES | ANYTHING
    found = {label(path): forbidden(part_of(path), tree) for path, tree in SOURCES.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_is_optional_is_imported_where_it_is_used():
    found = []
    for path, tree in SOURCES.items():
        functions = (ast.FunctionDef, ast.ClassDef)
        outside = ast.Module([node for node in tree.body if not isinstance(node, functions)], [])
        found += [(label(path), name) for name in imports(outside) if name.split(".")[0] in OPTIONAL]
    assert found == []


@pytest.mark.full
def test_the_package_imports_without_what_is_optional():
    code = f"import sys, keras_gans; print([name for name in {sorted(OPTIONAL)} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_every_module_has_its_mirrored_test():
    tests = {
        path: ROOT / "tests" / path.relative_to(PACKAGE).parent / f"test_{path.name}" for path in SOURCES
    }
    missing = [label(test) for path, test in tests.items() if path.stem != "__init__" and not test.is_file()]
    assert missing == []


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


def test_no_class_has_two_models_as_bases():
    """Keras fails on the first instance of such a class, unless another model of a base was made before."""
    classes = {cls for module in modules() for cls in vars(module).values() if inspect.isclass(cls)}
    networks = {cls for cls in classes if issubclass(cls, Network)}
    assert len(networks) > 30
    two = [c.__name__ for c in networks if sum(issubclass(b, keras.Model) for b in c.__bases__) > 1]
    assert two == []


def test_every_public_name_is_documented():
    for package in [module for module in modules() if hasattr(module, "__path__")]:
        assert package.__doc__, package.__name__
        for name in getattr(package, "__all__", []):
            thing = getattr(package, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                inherited = inspect.isclass(thing) and thing.__doc__ == thing.__base__.__doc__
                assert thing.__doc__ and not inherited, f"{package.__name__}.{name}"


def unannotated(package):
    """Public functions and methods of a package that do not say what they return, or what an option is.

    Arrays and what counts as one have no type in common: an argument without a default may go without.
    """
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isclass(thing):
            functions = [f for f in vars(thing).values() if inspect.isfunction(f) and f.__name__[0] != "_"]
        else:
            functions = [thing] if inspect.isfunction(thing) else []
        for function in functions:
            signature = inspect.signature(function)
            options = [p for p in signature.parameters.values() if p.default is not p.empty]
            types = [signature.return_annotation, *(option.annotation for option in options)]
            if inspect.Signature.empty in types:
                yield f"{package.__name__}.{function.__qualname__}"


def test_what_is_typed():
    """py.typed tells type checkers to read the annotations of the doors into the package."""
    assert (PACKAGE / "py.typed").is_file()
    for name in TYPED:
        assert list(unannotated(importlib.import_module(f"keras_gans.{name}"))) == []


def test_every_sub_package_is_exported():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"cli"}  # a program
    assert folders <= set(keras_gans.__all__)
