"""Moving pictures: GIF, and MP4 with the extra `video`."""

import contextlib
from pathlib import Path

import numpy as np
from PIL import Image

from keras_gans import images

GIF_FPS = 50  # frames a second: many programs show a frame of less than 20 ms for 100 ms


def write(path, frames, *, fps=25):
    """Writes frames as GIF or MP4, after the ending of `path`. The file appears whole or not at all.

    A GIF counts time in hundredths of a second and shows 50 frames a second at most. Its length is kept:
    frames last 30, 30 and 40 ms at 30 a second, and of more than 50 a second some are left out
    (`gif_timing`).

    Args:
        path: path that ends in `.gif` or `.mp4`.
        frames: array, `(frames, height, width, channels)`, 1 or 3 channels, uint8, or float in `[0, 1]`.
        fps: float. Frames a second.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: another ending, malformed frames, `fps` is not above 0, or equal frames of a GIF last
            longer than its counter goes, 655 seconds.
        ImportError: MP4 without the package imageio-ffmpeg.
    """
    path = Path(path)
    writers = {".gif": write_gif, ".mp4": write_mp4}
    if path.suffix.lower() not in writers:
        raise ValueError(f"The file must end in {' or '.join(writers)}. Received: {path.name}")
    return writers[path.suffix.lower()](path, frames, fps=fps)


def gif_timing(count, fps):
    """Returns which frames of a film a GIF shows, and how long.

    Args:
        count: int. Frames.
        fps: float. Frames a second.

    Returns:
        int array `(shown,)`, the numbers of the frames that are shown, from the first to the last, and int
        array `(shown,)`, for how many milliseconds each is: multiples of 10, at least 20. Their sum is the
        length of the film, `count / fps` seconds, rounded to 10 ms.

    Raises:
        ValueError: `fps` is not above 0.

    Example:
    ```python
    keras_gans.latent.gif_timing(3, 30)  # [0, 1, 2], [30, 40, 30]
    keras_gans.latent.gif_timing(4, 100)  # [0, 3], [20, 20]
    ```
    """
    if not fps > 0:
        raise ValueError(f"`fps` must be above 0. Received: {fps}")
    shown = count if fps <= GIF_FPS else max(1, int(count * GIF_FPS / fps))
    numbers = np.round(np.linspace(0, count - 1, shown)).astype(int)
    ends = np.round(np.arange(1, shown + 1) * 100 * count / fps / shown).astype(int)
    return numbers, np.maximum(np.diff(ends, prepend=0) * 10, 20)


def write_gif(path, frames, *, fps=25):
    """Writes frames as an endless GIF. Arguments as for `write`."""
    frames = _read(frames)
    numbers, durations = gif_timing(len(frames), fps)
    pictures = [Image.fromarray(frames[number]) for number in numbers]
    with _whole(path) as temporary:
        try:
            # Equal neighbours become one frame that lasts as long as both.
            pictures[0].save(
                temporary,
                format="GIF",
                save_all=True,
                append_images=pictures[1:],
                duration=durations.tolist(),
                loop=0,
            )
        except OverflowError as error:
            raise ValueError(
                "A GIF shows a picture for 655 seconds at most. Take more frames a second, or write an MP4. "
                f"Received: `fps` {fps:g}"
            ) from error
    return Path(path)


def write_mp4(path, frames, *, fps=25):
    """Writes frames as MP4, H.264. Arguments as for `write`."""
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise ImportError(
            "MP4 needs imageio-ffmpeg: pip install 'keras_gans[video]'. GIF needs nothing more."
        ) from error
    frames = _read(frames)
    height, width = frames.shape[1:3]
    if not fps > 0:
        raise ValueError(f"`fps` must be above 0. Received: {fps}")
    with _whole(path) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary),
            (width, height),
            fps=fps,
            macro_block_size=1,  # otherwise sizes are rounded up to multiples of 16
            # Halved colour channels exist for even sizes only.
            pix_fmt_out="yuv420p" if height % 2 == width % 2 == 0 else "yuv444p",
        )
        writer.send(None)
        try:
            for frame in frames:
                colours = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=-1)
                writer.send(np.ascontiguousarray(colours))
        finally:
            writer.close()
    return Path(path)


@contextlib.contextmanager
def _whole(path):
    """Gives the path of a temporary file with the same ending, which becomes `path` in the end."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(frames):
    """Returns the frames as Pillow takes them: uint8, without the axis of a single channel."""
    frames = np.asarray(frames)
    if frames.ndim == 4 and frames.dtype.kind == "f" and frames.size:
        if not (frames.min() >= -0.01 and frames.max() <= 1.01):
            raise ValueError(
                "Float `frames` must lie in [0, 1], as exports give them. Received: "
                f"{frames.min():.3g} to {frames.max():.3g}"
            )
        frames = images.unit_to_uint8(frames)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3) or not len(frames):
        raise ValueError(
            "`frames` must be a non-empty array of shape (frames, height, width, 1 or 3), uint8 or float. "
            f"Received: dtype {frames.dtype}, shape {frames.shape}"
        )
    return frames[..., 0] if frames.shape[-1] == 1 else frames
