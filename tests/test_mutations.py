"""The faults of `mutations.py` can be put into the sources, and the tests find every one of them."""

import ast

import pytest

import mutations
from mutations import FAILED, MUTATIONS, PASSED, ROOT


@pytest.fixture(scope="module")
def tree():
    with mutations.copied_tree() as folder:
        yield folder


def test_every_mutation_fits_its_source():
    """What it replaces stands there once, what it makes is still Python, and its tests exist."""
    for mutation in MUTATIONS:
        text = (ROOT / mutation.source).read_text(encoding="utf-8")
        assert text.count(mutation.old) == 1, mutation
        ast.parse(text.replace(mutation.old, mutation.new))
        for name in mutation.tests:
            assert (ROOT / "tests" / name).is_file(), mutation
    assert len(MUTATIONS) >= 30 and len(set(MUTATIONS)) == len(MUTATIONS)


def test_a_mutation_is_put_in_and_taken_out(tmp_path, monkeypatch):
    source = tmp_path / "keras_gans" / "a.py"
    source.parent.mkdir()
    source.write_text("x = 1 + 2\n")
    [mutation] = mutations.mutations("a.py", ("1 + 2", "1 - 2"))
    assert mutation.tests == ("test_a.py",)
    answers, seen = [FAILED, PASSED, 4], []

    def run_tests(tree, tests):
        seen.append(source.read_text())
        return answers.pop(0), "no such file"

    monkeypatch.setattr(mutations, "run_tests", run_tests)
    assert [mutations.is_caught(mutation, tmp_path) for _ in range(2)] == [True, False]
    assert seen == ["x = 1 - 2\n"] * 2 and source.read_text() == "x = 1 + 2\n"
    with pytest.raises(RuntimeError, match="pytest ended with 4\nno such file"):
        mutations.is_caught(mutation, tmp_path)
    source.write_text("x = 1 + 2 + 1 + 2\n")
    with pytest.raises(ValueError, match="stands 2 times"):
        mutations.is_caught(mutation, tmp_path)


@pytest.mark.full
def test_the_copy_passes_without_a_mutation(tree):
    """And it is the copy that is tested."""
    program = f"import keras_gans\ndef test():\n    assert keras_gans.__file__.startswith({str(tree)!r})\n"
    (tree / "tests" / "test_where.py").write_text(program)
    code, output = mutations.run_tests(tree, ["test_where.py", "test_images.py"])
    assert code == PASSED, output


@pytest.mark.full
@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_every_mutation_is_caught(mutation, tree):
    assert mutations.is_caught(mutation, tree)
