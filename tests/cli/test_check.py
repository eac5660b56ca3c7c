import pytest

from keras_gans import cli


@pytest.mark.slow
def test_check(preset, monkeypatch, capsys):
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
