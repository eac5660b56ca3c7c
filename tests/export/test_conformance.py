import pytest

from keras_gans.export import check, conformance


@pytest.mark.slow
def test_processes(conditional):
    seen = []
    only = ["MirroredStrategy", "all endpoints"]
    results = check(conditional.parent, only=only, report=seen.append)
    assert [one.consumer for one in results] == only
    assert {one.result for one in results} == {"passed"}, conformance.table(results)
    assert sorted(seen, key=str) == sorted(results, key=str)
    text = conformance.table(results)
    assert text.splitlines()[0].split() == ["consumer", "result", "seconds", "detail"]
    assert "sample" in text.splitlines()[-1]


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
