"""Runs the tests that mirror what differs from the main branch: `python tests/changed.py [flags of pytest]`.

Of origin's main branch where there is one, else of main. What is not committed yet counts too. A source
without a mirrored test (a folder's __init__.py) stands for the tests of its folder, a helper of the tests for
those that import it, and a file outside of them for nothing but the checks of the whole tree.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALWAYS = ("tests/test_architecture.py",)


def git(*words, folder=ROOT):
    """Lines that git prints, none where it fails."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed_files(folder=ROOT):
    """Paths that differ from the main branch, as git writes them."""
    for branch in ("origin/main", "main"):
        base = git("merge-base", branch, "HEAD", folder=folder)
        if base:
            break
    different = git("diff", "--name-only", *base, folder=folder)
    return sorted({*different, *git("ls-files", "--others", "--exclude-standard", folder=folder)})


def tests_of(path, root=ROOT):
    """Test files for one changed file, as paths from the root: set of str."""
    path = Path(path)
    tests = root / "tests"
    if path.parts[0] == "tests":
        if path.name.startswith("test_"):
            found = [root / path]
        else:
            name = re.compile(rf"^\s*(import|from) {path.stem}\b", re.MULTILINE)
            found = [
                test for test in tests.rglob("test_*.py") if name.search(test.read_text(encoding="utf-8"))
            ]
            if path.stem in ("conftest", "shared_fixtures"):
                found = list((root / path.parent).rglob("test_*.py"))
    elif path.parts[0] in ("keras_gans", "train", "benchmarks") and path.suffix == ".py":
        inside = Path(*path.parts[1:]) if path.parts[0] == "keras_gans" else path
        mirrored = tests / inside.parent / f"test_{inside.name}"
        found = [mirrored] if mirrored.is_file() else list((tests / inside.parent).glob("test_*.py"))
    else:
        found = [tests / name for name in ("test_docs.py", "test_readme.py") if path.suffix == ".md"]
    return {str(test.relative_to(root)) for test in found if test.is_file()}


def main(argv):
    chosen = sorted({*ALWAYS, *(test for path in changed_files() for test in tests_of(path))})
    print(f"{len(chosen)} test files: {' '.join(chosen)}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-n", "2", *argv, *chosen], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
