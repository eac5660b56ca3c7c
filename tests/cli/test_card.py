from pathlib import Path

from keras_gans import cli
from keras_gans.export import load


def test_card(conditional, own_copy, capsys):
    conditional = own_copy(conditional)
    readme = Path(conditional) / "README.md"
    text = readme.read_text()
    readme.write_text("lost")
    assert cli.main(["card", conditional]) == 0
    assert readme.read_text() == text
    load(conditional, verify=True)
