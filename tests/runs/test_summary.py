import tiny_presets
from keras_gans import runs


def test_the_plan_is_printed_and_nothing_is_written(tmp_path, capsys):
    preset = tiny_presets.tiny("dcgan", images=1000)
    run = runs.describe(preset, data="emoji:twemoji", out=tmp_path / "run")
    lines = capsys.readouterr().out.splitlines()
    text = "\n".join(lines)
    for words in ("3,031", "DCGANDiscriminator", "trainable parameters", "img/s", "estimated time"):
        assert words in text
    assert lines[-2].split() == ["total", "1,000", "images"]
    [phase] = [line.split() for line in lines if line.startswith("   8 px")]
    assert phase[:6] == ["8", "px", "0", "1,000", "4", "0.0002"] and float(phase[6]) > 0
    assert not (tmp_path / "run").exists()
    run.describe(measure=False)
    assert "img/s" not in capsys.readouterr().out
