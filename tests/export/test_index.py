import shutil
from pathlib import Path

import pytest

from keras_gans.export import card, index

SAVEDMODELS = Path(__file__).parents[2] / "savedmodels"


def test_the_list_of_the_pretrained_exports_is_up_to_date():
    """If it is not: `python -c 'from keras_gans.export import index; index.write("savedmodels")'`."""
    assert (SAVEDMODELS / "README.md").read_text(encoding="utf-8") == index.render(SAVEDMODELS)


def test_a_row_for_each_highest_version(exported, conditional, tmp_path):
    for path, source in (("cat/2", exported), ("cat/10", conditional), ("ant/1", exported)):
        shutil.copytree(source, tmp_path / path)
    scores = {"note": {"of": "nothing"}, "fid2k": {"command": "x", "distance": 7.25, "of": "5 images"}}
    card.update(tmp_path / "cat/10", metrics=scores)
    card.update(tmp_path / "ant/1", metrics={"fid50k": 3.0})
    (tmp_path / "cat/10/samples.png").touch()
    (tmp_path / "dog/1").mkdir(parents=True)
    index.write(tmp_path)
    ant, cat = (tmp_path / "README.md").read_text().splitlines()[-2:]
    assert ant.startswith(
        "|  | [`tiny_noise_8`](ant/1/README.md)<br>[Tiny](1406.2661) | noise | 8x8 pixels<br>"
    )
    assert ant.endswith("<br>1,234 images seen | fid50k: 3 |")
    assert cat.startswith('| <img src="cat/10/samples.png" alt="tiny_noise_8" width="160"> |')
    assert cat.endswith("| fid2k distance: 7.25<br>5 images |")


def test_a_model_without_scores_says_so(exported, tmp_path):
    shutil.copytree(exported.parent, tmp_path / "tiny_noise_8")
    assert index.render(tmp_path).endswith("| none |\n")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no exports with a card\.json"):
        index.write(tmp_path)
    assert not list(tmp_path.iterdir())
