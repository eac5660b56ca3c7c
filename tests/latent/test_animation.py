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
    for wrong in (frames(3).astype("int32"), frames(3)[0], frames(3)[:0], frames(3, channels=4)):
        with pytest.raises(ValueError, match="`frames`"):
            latent.write(tmp_path / "walk.gif", wrong)
    for fps in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="`fps` must be above 0"):
            latent.write(tmp_path / "walk.gif", frames(3), fps=fps)
    with pytest.raises(ValueError, match=r"655 seconds at most.* MP4\. Received: `fps` 0\.001"):
        latent.write(tmp_path / "walk.gif", frames(3), fps=0.001)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fps", [1, 7, 12.5, 24, 25, 29.97, 30, 33, 49, 50, 60, 75, 100, 1000])
@pytest.mark.parametrize("count", [1, 2, 3, 50, 101])
def test_a_gif_lasts_as_long_as_the_film(count, fps):
    numbers, durations = latent.gif_timing(count, fps)
    assert all(duration % 10 == 0 and duration >= 20 for duration in durations)
    assert durations.max() - durations.min() <= 10
    assert len(numbers) == len(durations) == len(set(numbers))
    assert numbers[0] == 0 and (numbers[-1] == count - 1 or len(numbers) == 1)
    assert len(numbers) == count or fps > 50
    assert abs(durations.sum() - 1000 * count / fps) <= 5 + 1e-9 or count < fps / 50


def test_equal_frames_keep_the_rhythm(tmp_path):
    """They become one frame, which lasts as long as all of them."""
    shades = np.array([0, 0, 9, 9, 9, 20, 0, 0], "uint8")
    written = np.broadcast_to(shades[:, None, None, None], (8, 6, 6, 3))
    with Image.open(latent.write(tmp_path / "walk.gif", written, fps=30)) as film:
        lasts = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert lasts == [70, 100, 30, 70]


def test_float_frames_are_rounded_together(tmp_path):
    """And not stretched one by one, where a pixel overshoots."""
    written = np.stack([np.full((4, 4, 3), 0.25), np.full((4, 4, 3), 0.5)]).astype("float32")
    written[0, 0, 0] = 1.004
    with Image.open(latent.write(tmp_path / "walk.gif", written, fps=10)) as film:
        means = [np.asarray(frame.convert("RGB"))[-1].mean() for frame in ImageSequence.Iterator(film)]
    np.testing.assert_allclose(means, [64, 128], atol=2)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], as exports give them\. Received: -1 to 1"):
        latent.write(tmp_path / "walk.gif", frames(3) / 127.5 - 1.0)


def test_a_film_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = latent.write(tmp_path / "walk.gif", frames(3))
    before = path.read_bytes()

    def dies(self, file, **options):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        latent.write(path, frames(5))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
