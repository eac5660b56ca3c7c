"""Moving pictures: GIF, and MP4 with the extra `video`."""

from pathlib import Path

import numpy as np
from PIL import Image


def write(path, frames, *, fps=25):
    """Writes frames as GIF or MP4, after the ending of `path`.

    Args:
        path: path that ends in `.gif` or `.mp4`.
        frames: uint8 array, `(frames, height, width, channels)`, 1 or 3 channels.
        fps: float. Frames a second. GIF counts in hundredths of a second: 50 is the most it can
            show.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: another ending, or malformed frames.
        ImportError: MP4 without the package imageio-ffmpeg.
    """
    path = Path(path)
    writers = {".gif": write_gif, ".mp4": write_mp4}
    if path.suffix.lower() not in writers:
        raise ValueError(f"The file must end in {' or '.join(writers)}. Received: {path.name}")
    return writers[path.suffix.lower()](path, frames, fps=fps)


def write_gif(path, frames, *, fps=25):
    """Writes frames as an endless GIF. Arguments as for `write`."""
    frames = _read(frames)
    pictures = [Image.fromarray(frame) for frame in frames]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=max(20, round(1000 / fps)),
        loop=0,
    )
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
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    writer = imageio_ffmpeg.write_frames(
        str(path),
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


def _read(frames):
    """Returns the frames as Pillow takes them, without the axis of a single channel."""
    frames = np.asarray(frames)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3) or not len(frames):
        raise ValueError(
            "`frames` must be a non-empty uint8 array of shape (frames, height, width, 1 or 3). "
            f"Received: dtype {frames.dtype}, shape {frames.shape}"
        )
    return frames[..., 0] if frames.shape[-1] == 1 else frames
