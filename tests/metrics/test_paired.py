import numpy as np
import pytest

from keras_gans.metrics import compare_pairs, ms_ssim


def noise(n, side, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype="uint8")


def test_distance_and_similarity():
    images, targets = noise(70, 44), noise(70, 44, seed=1)
    scores = compare_pairs(images, targets)
    expected = np.abs(images / 255.0 - targets / 255.0).mean()
    assert scores["L1"] == pytest.approx(expected, rel=1e-9)
    expected = ms_ssim(images, targets, scales=3).mean()
    assert scores["MS-SSIM"] == pytest.approx(expected, rel=1e-5) and scores["scales"] == 3


@pytest.mark.parametrize("side, scales", [(11, 1), (20, 1), (21, 2), (64, 3), (161, 5), (330, 5)])
def test_as_many_scales_as_fit(side, scales):
    images = noise(1, side)
    assert compare_pairs(images, images) == {
        "L1": 0.0,
        "MS-SSIM": pytest.approx(1.0, abs=1e-5),
        "scales": scales,
    }


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 11, 11, 3\) and \(3, 11, 11, 3\)"):
        compare_pairs(noise(2, 11), noise(3, 11))
    with pytest.raises(ValueError, match=r"Received: \(0, 11, 11, 3\)"):
        compare_pairs(noise(0, 11), noise(0, 11))
