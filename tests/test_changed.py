"""Which tests `make test-changed` runs."""

import changed


def test_mirrored_tests():
    for path, tests in (
        ("keras_gans/losses/scaled.py", {"tests/losses/test_scaled.py"}),
        ("keras_gans/version.py", {"tests/test_version.py"}),
        ("train/gan.py", {"tests/train/test_scripts.py"}),
        ("tests/losses/test_scaled.py", {"tests/losses/test_scaled.py"}),
        ("tests/losses/test_gone.py", set()),
        ("README.md", {"tests/test_docs.py", "tests/test_readme.py"}),
        ("LICENSE", set()),
    ):
        assert changed.tests_of(path) == tests, path


def test_what_many_tests_use():
    folder = changed.tests_of("keras_gans/presets/__init__.py")
    assert {"tests/presets/test_base.py", "tests/presets/test_gan.py"} <= folder
    assert all(test.startswith("tests/presets/") for test in folder)
    users = changed.tests_of("tests/tiny_presets.py")
    assert {"tests/presets/test_base.py", "tests/runs/test_run.py"} <= users
    assert {"tests/test_docs.py", "tests/cli/test_mix.py"} <= changed.tests_of("tests/shared_fixtures.py")
    assert changed.tests_of("tests/cli/conftest.py") == {
        str(path.relative_to(changed.ROOT)) for path in (changed.ROOT / "tests/cli").glob("test_*.py")
    }


def test_what_differs(tmp_path):
    def git(*words):
        changed.git("-c", "user.name=a", "-c", "user.email=a@b", *words, folder=tmp_path)

    git("init", "-b", "main")
    for name in ("same.py", "edited.py", "committed.py"):
        (tmp_path / name).write_text("")
    git("add", ".")
    git("commit", "-m", "first")
    git("switch", "-c", "work")
    (tmp_path / "committed.py").write_text("1")
    git("commit", "-am", "second")
    (tmp_path / "edited.py").write_text("1")
    (tmp_path / "new.py").write_text("")
    assert changed.changed_files(tmp_path) == ["committed.py", "edited.py", "new.py"]
