import pytest

from keras_gans import cli


def test_what_it_prints(preset, monkeypatch, capsys):
    from keras_gans.export import conformance

    def check(directory, *, only, report):
        assert (directory, only) == (preset, ["one", "two"])
        results = [
            conformance.Result(name, result, 1.0, "") for name, result in zip(only, kinds, strict=True)
        ]
        report(results[0])
        return results

    kinds = "passed", "not offered"
    monkeypatch.setattr(conformance, "check", check)
    assert cli.main(["check", preset, "--only", "one", "--only", "two"]) == 0
    printed = capsys.readouterr().out
    assert "one: passed (1 s)" in printed and "consumer" in printed


@pytest.mark.full
def test_check(preset, capsys):
    assert cli.main(["check", preset, "--only", "batch sizes"]) == 0
    printed = capsys.readouterr().out
    assert "batch sizes: passed" in printed and "consumer" in printed


def test_check_fails_with_code_1(preset, monkeypatch, capsys):
    from keras_gans.export import conformance

    results = [conformance.Result("one", "failed", 1.0, "why")]
    monkeypatch.setattr(conformance, "check", lambda *args, **kwargs: results)
    assert cli.main(["check", preset]) == 1
    assert "why" in capsys.readouterr().out


def test_an_unknown_consumer(preset, fails):
    assert "hub.load" in fails("check", preset, "--only", "telnet")
