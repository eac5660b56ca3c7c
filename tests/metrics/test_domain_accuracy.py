import numpy as np
import pytest

from keras_gans import data, metrics
from keras_gans.data.domains import TONES


def test_against_what_images_should_become():
    """What stays as it is, is in no other domain, and as far from its target as it was."""
    train, test = (
        data.load_domains(data.open_domains("emoji:twemoji", TONES, split=split), 16, progress=False)
        for split in ("train", "test")
    )
    asked, told = [], []

    def translate(images, domain, first):
        asked.append((len(images), domain, first))
        return images

    found = metrics.domain_accuracy(translate, train, test, steps=2, progress=lambda *all: told.append(all))
    for domain in range(6):
        counts, firsts = zip(*[(count, first) for count, to, first in asked if to == domain], strict=True)
        assert sum(counts) == 160 and max(counts) <= 64  # no more at a time
        assert list(firsts) == [sum(counts[:part]) for part in range(3)]
    assert told == [("epochs of the classifier", done, 2) for done in (1, 2)] + [
        ("images", done, 192) for done in (64, 128, 192)
    ]
    images = test.images[test.counterparts()[test.labels == 0]] / 255.0  # (bases, tones, 16, 16, 3)
    far = [np.abs(images[:, i] - images[:, j]).mean() for i in range(6) for j in range(6) if i != j]
    pairs = found.pairs
    assert pairs["L1"] == pairs["L1 of the images as they were"] == pytest.approx(np.mean(far), rel=1e-6)
    assert pairs["MS-SSIM"] == pairs["MS-SSIM of the images as they were"] < 1
    assert (found.translations, found.images) == (960, 192)
    assert list(found.real) == list(found.translated) == list(TONES)
    assert found.real_accuracy == pytest.approx(np.mean(list(found.real.values())))
    assert found.accuracy == pytest.approx(np.mean(list(found.translated.values())))
    # The classifier puts every image somewhere: what is right for the true domain is wrong for the others.
    assert 5 * found.accuracy == pytest.approx(1.0 - found.real_accuracy)


def test_attributes_are_refused():
    class Attributes:
        labels = np.zeros((3, 2))

    with pytest.raises(ValueError, match="Domains must exclude each other"):
        metrics.domain_accuracy(None, Attributes(), Attributes())
