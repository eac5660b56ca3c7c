"""Images that went through an encoder once, kept on disk, as a stream of batches."""

import hashlib
import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gans import atomic, paths
from keras_gans.data.fingerprint import fingerprint
from keras_gans.data.scan import Progress
from keras_gans.data.stream import stream
from keras_gans.images import from_uint8

CHUNK = 64  # images that are encoded together
ARRAY, RECORD = "encoded.npy", "encoded.json"


class EncodedData:
    """What an encoder makes of a set of images, streamed in the order of the images. `encode` makes it.

    Args:
        images: `ImageData`.
        values: float32 array, `(1 or 2, images, ...)`: of the images, and of the mirrored ones.

    Attributes:
        resolution: int. Height and width of the images, in pixels.
        labels: int32 array, `(images,)`, or `None`.
        values: float32 array, as above; of a large set it lies on disk.
    """

    def __init__(self, images, values):
        self.resolution = images.resolution
        self.labels = images.labels
        self.values = values

    def __len__(self):
        return self.values.shape[1]

    def at(self, resolution):
        """Returns this object, for its own resolution.

        Raises:
            ValueError: for another one.
        """
        if resolution != self.resolution:
            raise ValueError(f"The images were encoded at {self.resolution} px. Received: {resolution}")
        return self

    def batches(self, *, batch_size, seed, start=0, flip=False, replicas=1, local_replicas=1, pipeline=0):
        """Streams shuffled batches without end, as `ImageData.batches`, whose arguments these are.

        Returns:
            `tf.data.Dataset` of dicts: "images", float32, `(batch, ...)`, and with labels "labels".

        Raises:
            ValueError: as `ImageData.batches`, or mirrored images are wanted and were not encoded.
        """
        if flip and len(self.values) < 2:
            raise ValueError("Only the images as they are were encoded. Encode them with `flip=True`")
        share = {"replicas": replicas, "local_replicas": local_replicas, "pipeline": pipeline}
        options = {"batch_size": batch_size, "seed": seed, "start": start, "flip": flip, **share}
        return stream(self, **options, prefetch=True, read=_read)

    def take(self, indices, flips=None):
        """Returns the values of images, float32 `(n, ...)`; of the mirrored ones where `flips` is set."""
        return self.values[np.zeros(len(indices), int) if flips is None else flips.astype(int), indices]


def encode(images, encoder, directory=None, *, flip, digest, progress=True):
    """Sends a set of images through an encoder, or reads what was kept of doing so.

    Args:
        images: `ImageData`.
        encoder: callable, float32 tensor `(batch, height, width, channels)` in `[-1, 1]` -> float32
            `(batch, ...)`.
        directory: path of the folder that keeps the values, which appears whole or not at all. `None` keeps
            them in memory alone.
        flip: bool. Whether mirrored images are encoded too.
        digest: str. Says which encoder it is: what is in the folder is only read where it was made by the
            same one, of the same images.
        progress: bool. Whether a long pass shows a progress bar.

    Returns:
        `EncodedData`.

    Raises:
        ValueError: values are NaN or infinite.
        keras_gans.paths.DiskFull: there is no room for the values.
    """
    if directory is None:
        return EncodedData(images, _filled(images, encoder, flip, progress, np.empty))
    directory = Path(directory)
    identity = hashlib.sha256(f"{fingerprint(images).to_json()} {digest}".encode()).hexdigest()
    record = {"identity": identity, "flip": flip, "resolution": images.resolution}
    if _record(directory) != record:
        with (
            paths.writing(directory / ARRAY),
            atomic.new_directory(directory, overwrite=True) as temporary,
        ):

            def on_disk(shape, dtype):
                return np.lib.format.open_memmap(temporary / ARRAY, "w+", dtype, shape)

            _filled(images, encoder, flip, progress, on_disk).flush()
            (temporary / RECORD).write_text(json.dumps(record), encoding="utf-8")
    return EncodedData(images, np.load(directory / ARRAY, mmap_mode="r"))


def _record(directory):
    """What a folder says of its values, or `None`."""
    try:
        return json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _filled(images, encoder, flip, progress, empty):
    """An array of `empty(shape, dtype)` with the values of all images."""
    values, done, total = None, 0, (1 + flip) * len(images)
    bar = Progress(total, show=progress)
    for mirrored in range(1 + flip):
        for first in range(0, len(images), CHUNK):
            indices = np.arange(first, min(first + CHUNK, len(images)))
            pixels = images.take(indices)
            # The last chunk is filled up, so that the encoder is traced once.
            padded = np.resize(pixels, (CHUNK, *pixels.shape[1:]))
            padded = padded[:, :, ::-1] if mirrored else padded
            encoded = np.asarray(encoder(from_uint8(padded)))[: len(indices)]
            if not np.isfinite(encoded).all():
                raise ValueError(
                    f"The encoder gives NaN or infinite values for images {first} to {indices[-1]}"
                )
            if values is None:
                values = empty((1 + flip, len(images), *encoded.shape[1:]), np.dtype("float32"))
            values[mirrored, indices] = encoded
            done += len(indices)
            bar.update(done)
    return values


def _read(data, indices, flips=None):
    """Values by their indices, in a graph, as `stream.read_images`."""
    arguments = [indices] if flips is None else [indices, flips]
    values = tf.numpy_function(data.take, arguments, tf.float32, stateful=False)
    return tf.ensure_shape(values, (*indices.shape, *data.values.shape[2:]))
