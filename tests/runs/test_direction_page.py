import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from keras_gans import hub
from keras_gans.runs import direction_page


@pytest.fixture(scope="module")
def model(styled):
    return hub.load(styled.path)


def directions_of(model, **facts):
    vectors = np.random.default_rng(0).standard_normal((3, 8)).astype("float32")
    vectors[1] *= 3.0
    vectors[2] *= 0.1
    return hub.Directions(model.name, "w", "voynov", vectors, facts)


def test_a_page(model, tmp_path):
    """The most visible comes first; every strip has an alternative text; nothing is loaded from elsewhere."""
    told = {"learnt": 0.9, "random": 0.5}
    given = directions_of(model, accuracy=[0.1, 0.2, 0.3], told_apart=told, pairs_seen=64)
    names = {"hair & nose": {"number": 0, "layers": (0, 1)}}
    path = direction_page.write_page(tmp_path / "new" / "v.html", model, given, names=names, stem="v")
    text = path.read_text()
    assert re.findall("<h2>(.*?)</h2>", text) == ["v.1", "hair &amp; nose", "v.2"]
    assert re.findall(r"v\.\d: .*?accuracy ([\d.]+)", text) == ["0.2", "0.1", "0.3"]
    assert "learnt</td><td>0.900" in text and "0.333 is chance" in text and "pairs_seen 64" in text
    assert "nearest other" in text and "prefers-color-scheme: dark" in text
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', text)
    assert len(pictures) == 3 and pictures[1][1].startswith(
        "hair &amp; nose: 3 images, each moved by -3 to 3"
    )
    assert "http" not in text and "src=" in text
    with Image.open(io.BytesIO(base64.b64decode(pictures[0][0]))) as picture:
        assert picture.size == (7 * 66 - 2, 3 * 66 - 2)


def test_a_strip(model):
    given = directions_of(model)
    strip = direction_page.strip(model, given.vectors[0], "w", seeds=[4], amounts=[0.0, 2.0], layers=(1, 1))
    styles = model.styles(model.latents([4]))
    moved = styles.copy()
    moved[:, 1] += 2.0 * given.vectors[0]
    for place, expected in ((0, styles), (66, moved)):
        shown = strip[:64:8, place : place + 64 : 8]
        np.testing.assert_allclose(shown, 255 * model.synthesize(expected)[0], atol=0.51)


def test_visibility(model):
    given = directions_of(model)
    seen = direction_page.visibility(model, given, num=4)
    assert seen.argmax() == 1 and seen.argmin() == 2 and (seen > 0).all() and (seen < 1).all()


def test_one_direction_of_a_grey_image(preset, tmp_path, monkeypatch):
    model = hub.load(preset)
    given = hub.Directions(model.name, "z", "pca", np.eye(1, 5, dtype="float32"))
    original = direction_page.strip
    monkeypatch.setattr(direction_page, "strip", lambda *a, **k: original(*a, **k)[..., :1])
    text = direction_page.write_page(tmp_path / "p.html", model, given, stem="p").read_text()
    assert "nearest" not in text and "apart" not in text and text.count("<img") == 1
