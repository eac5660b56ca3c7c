import shutil
import threading

import pytest

from keras_gans.export import check, conformance


@pytest.mark.slow
def test_a_process(conditional, tmp_path):
    """Of its own, where keras_gans cannot be imported; this consumer takes its command line.

    Below a path that TensorFlow would read as a pattern.
    """
    shutil.copytree(conditional, tmp_path / "a [1]" / "1")
    [result] = check(tmp_path / "a [1]", only=["saved_model_cli"])
    assert (result.consumer, result.result, result.detail) == ("saved_model_cli", "passed", "")
    assert result.seconds > 0.5


@pytest.mark.full
def test_all_consumers(exported):
    results = check(exported)
    assert [one.consumer for one in results] == list(conformance.consumers.CONSUMERS)
    assert {one.result for one in results} == {"passed"}, conformance.table(results)


def test_results_in_the_order_of_the_question(exported, monkeypatch):
    """Reports come as they are ready, results as they were asked for, and the table holds both."""

    def run(directory, consumer):
        if consumer == "gradient":  # the first of the question ends when the second has been reported
            assert reported.wait(60)
        return conformance.Result(consumer, "failed", 1.25, f"two\nlines about {directory.name}")

    def report(result):
        seen.append(result)
        reported.set()

    reported, seen, only = threading.Event(), [], ["gradient", "all endpoints"]
    monkeypatch.setattr(conformance, "_run", run)
    results = check(exported.parent, only=only, report=report)
    assert [one.consumer for one in results] == only
    assert [one.consumer for one in seen] == only[::-1]
    lines = conformance.table(results).splitlines()
    assert lines[0].split() == ["consumer", "result", "seconds", "detail"]
    assert lines[2] == "all endpoints  failed  1.2      two lines about 1"


def test_a_process_that_dies_is_a_failure():
    class Done:
        stdout, stderr, returncode = "", "Segmentation fault", -11

    assert conformance._parse(Done) == (
        "failed",
        "the process ended with code -11: Segmentation fault",
    )


def test_unknown_consumer(exported, tmp_path):
    with pytest.raises(ValueError, match=r"hub\.load.*telnet"):
        check(exported, only=["telnet"])
    with pytest.raises(FileNotFoundError, match="holds no export"):
        check(tmp_path)
