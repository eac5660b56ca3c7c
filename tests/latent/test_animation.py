import importlib.util
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from keras_gans import latent

HAS_FFMPEG = importlib.util.find_spec("imageio_ffmpeg") is not None


def frames(count, height=12, width=16, channels=3):
    shades = np.linspace(0, 255, count).astype("uint8")
    return np.broadcast_to(shades[:, None, None, None], (count, height, width, channels)).copy()


@pytest.mark.parametrize("channels", [1, 3])
def test_gif_reads_back(tmp_path, channels):
    written = frames(10, channels=channels)
    path = latent.write(tmp_path / "new" / "walk.gif", written, fps=20)
    with Image.open(path) as film:
        assert film.size == (16, 12) and film.n_frames == 10 and film.info["loop"] == 0
        for number, frame in enumerate(ImageSequence.Iterator(film)):
            assert frame.info["duration"] == 50
            pixels = np.asarray(frame.convert("RGB"), "int32")
            np.testing.assert_allclose(pixels, written[number, ..., :1] + 0 * pixels, atol=2)


def test_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match=r"keras_gans\[video\]"):
        latent.write(tmp_path / "walk.mp4", frames(3))


@pytest.mark.skipif(not HAS_FFMPEG, reason="needs keras_gans[video]")
@pytest.mark.parametrize(("height", "width", "channels"), [(36, 50, 3), (33, 47, 3), (32, 32, 1)])
def test_mp4_keeps_its_size(tmp_path, height, width, channels):
    import imageio_ffmpeg

    path = latent.write(tmp_path / "walk.mp4", frames(10, height, width, channels), fps=10)
    reader = imageio_ffmpeg.read_frames(str(path))
    facts = next(reader)
    assert facts["size"] == (width, height) and facts["fps"] == 10
    pictures = [np.frombuffer(frame, "uint8").reshape(height, width, 3) for frame in reader]
    assert len(pictures) == 10
    means = [picture.mean() for picture in pictures]
    np.testing.assert_allclose(means, np.linspace(0, 255, 10), atol=8)


def test_errors(tmp_path):
    with pytest.raises(ValueError, match=r"\.gif or \.mp4.*walk\.avi"):
        latent.write(tmp_path / "walk.avi", frames(3))
    for wrong in (frames(3).astype("float32"), frames(3)[0], frames(3)[:0], frames(3, channels=4)):
        with pytest.raises(ValueError, match="`frames`"):
            latent.write(tmp_path / "walk.gif", wrong)
