import pytest

from keras_gans import cli
from keras_gans.runs import doctor


def test_the_command(monkeypatch, capsys):
    said = {"dcgan": "9.0 images/s", "ddpm": "failed: OSError: no"}
    monkeypatch.setattr(doctor, "try_family", lambda preset: said[preset.model])
    assert cli.main(["doctor", "--families", "dcgan,ddpm"]) == 1
    shown = capsys.readouterr().out
    assert "tensorflow " in shown and "gpus " in shown and "memory " in shown
    assert "dcgan            9.0 images/s\nddpm             failed: OSError: no\n" in shown
    assert cli.main(["doctor", "--families", "dcgan"]) == 0
    assert cli.main(["doctor", "--families", "none"]) == 0
    with pytest.raises(SystemExit):
        cli.main(["doctor", "--families", "dcgann"])
    assert "some of gan, cgan, dcgan" in capsys.readouterr().err
