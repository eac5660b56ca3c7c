import numpy as np
import pytest
from PIL import Image

from benchmarks import modes
from keras_gans.layers import Clip


def test_the_data():
    points = modes.draw_points(20_000, seed=0)
    assert points.shape == (20_000, 2) and points.dtype == "float32"
    distances = np.linalg.norm(points[:, None] - modes.centres()[None], axis=2)
    counts = np.bincount(distances.argmin(axis=1), minlength=8)
    assert np.all(np.abs(counts - 2500) < 250)
    # Rayleigh: the mean distance of two normal coordinates is sqrt(pi / 2) deviations.
    mean = distances.min(axis=1).mean() / modes.DEVIATION
    assert mean == pytest.approx(np.sqrt(np.pi / 2), rel=0.02)
    np.testing.assert_allclose(np.linalg.norm(modes.centres(), axis=1), 2.0)
    # Within three deviations: 1 - exp(-9 / 2).
    covered, quality = modes.score(points)
    assert covered == 8 and quality == pytest.approx(1 - np.exp(-4.5), abs=0.002)


def test_a_collapse():
    assert modes.score(np.tile(modes.centres()[3], (100, 1))) == (1, 1.0)
    assert modes.score(np.zeros((100, 2))) == (0, 0.0)


def test_the_bounds_of_quality_and_of_a_mode():
    centre, other = modes.centres()[:2]
    limit = 3 * modes.DEVIATION
    inside, outside = centre + [0.99 * limit, 0.0], centre + [1.01 * limit, 0.0]
    points = np.array([centre] * 100 + [inside] * 50 + [outside] * 48 + [other] * 2)
    assert modes.score(points) == (2, 152 / 200)  # 1 % around the second
    points[-1] = outside
    assert modes.score(points) == (1, 151 / 200)


def test_every_game_has_its_critic():
    """What a game's options do to the discriminator's weights."""
    for name, (_, _, options, _) in modes.games().items():
        _, discriminator = modes.networks(**options)
        clipped = [isinstance(w.constraint, Clip) for w in discriminator.trainable_weights]
        assert all(clipped) if "clipping" in name else not any(clipped)
        assert len(discriminator.non_trainable_weights) == (4 if "spectral norm" in name else 0)


@pytest.mark.slow
def test_a_short_game(eagerly):
    first = modes.train("non-saturating", steps=2, seed=0)
    assert first.shape == (modes.SAMPLES, 2) and np.isfinite(first).all()
    assert np.any(first != modes.train("non-saturating", steps=3, seed=0))


def test_a_panel_is_dark_where_points_are():
    middle = modes.PIXELS // 2
    picture = modes.panel(np.zeros((1000, 2)))
    assert picture.shape == (modes.PIXELS, modes.PIXELS, 3)
    assert picture[middle, middle].sum() < 300
    assert np.all(picture[20:100, 20:100] == 255)
    right = modes.panel(np.array([[modes.SPAN / 2, modes.SPAN / 4]] * 1000))
    assert right[modes.PIXELS * 3 // 8, modes.PIXELS * 3 // 4].sum() < 300  # y points upwards


def test_the_table_and_the_picture(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(modes, "train", lambda name, steps, seed: modes.draw_points(4096, seed))
    modes.main(["--out", str(tmp_path / "modes.png")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 7
    assert all(line.split("|")[2:4] == [" 8 ", " 99 % "] for line in lines[2:])
    side = modes.PIXELS
    assert Image.open(tmp_path / "modes.png").size == (4 * side + 12, 2 * side + 4)
