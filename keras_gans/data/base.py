"""What every source of images offers."""

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from keras_gans.data.decoding import BadImage


class Source:
    """A finite, ordered set of images, each at its own size.

    A subclass sets the attributes and implements `__len__`, `read` and `item_name`.

    Attributes:
        name: str. Short name for summaries and model cards.
        class_names: tuple of str, or `None` without labels.
        labels: int32 array, `(images,)`, values in `[0, len(class_names))`, or `None`.
        crop: "center" or `None`: how a reader of this source makes its images square.
        provenance: dict with "description" and "licence", texts for a model card.
        random_access: bool. Whether `read` is cheap for any index.
        notes: tuple of str. What a person should hear: what was left out, what a name may not mean.
        prepared: dict that `prepare` left beside the images, or `None`.
    """

    name = None
    class_names = None
    labels = None
    crop = None
    provenance = None
    random_access = True
    notes = ()
    prepared = None

    def __len__(self):
        raise NotImplementedError

    def read(self, index):
        """Returns image number `index`: uint8 RGB array, `(height, width, 3)`.

        Raises:
            BadImage: if the file cannot be used.
        """
        raise NotImplementedError

    def item_name(self, index):
        """Returns the name of image number `index`, unique in the source."""
        raise NotImplementedError

    def key(self, index):
        """Returns the name by which image number `index` is paired with one of another source.

        That of its item without the extension: photos are JPEG, and what is drawn on them is PNG.
        """
        return str(PurePosixPath(self.item_name(index)).with_suffix(""))

    def stamp(self, index):
        """Returns what tells that image number `index` is another than before, for a fingerprint.

        Here it is that of the pixels; a source of files looks at the head of the file.

        Returns:
            `(name, size in bytes, checksum)`: a str, unique in the source, and two integers, 0 if the image
            cannot be read.
        """
        try:
            pixels = self.read(index)
        except BadImage:
            return self.item_name(index), 0, 0
        return self.item_name(index), pixels.nbytes, zlib.crc32(pixels)

    def each(self, function, done=frozenset()):
        """Applies a function to all images, with threads, reading each image once.

        Args:
            function: called as `function(index, image)`; the image is a uint8 RGB array,
                `(height, width, 3)`.
            done: set of int. Numbers of images that are left out.

        Yields:
            `(index, result)` in order. Instead of a result the `BadImage` that `read` or
            `function` raised.
        """

        def job(index):
            return _result_or_fault(lambda: function(index, self.read(index)))

        with ThreadPoolExecutor(thread_count()) as pool:
            # In pieces, so that results which nobody has taken yet do not fill the memory.
            for start in range(0, len(self), 512):
                piece = [i for i in range(start, min(start + 512, len(self))) if i not in done]
                yield from zip(piece, pool.map(job, piece), strict=True)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}, {len(self)} images>"


def each_given(pairs, function):
    """Like `Source.each`, for images that arrive one after the other.

    Args:
        pairs: iterable of `(index, image)`.
        function: called as `function(index, image)`.

    Yields:
        `(index, result)` in order, or the `BadImage` in place of the result.
    """

    def job(pair):
        return _result_or_fault(lambda: function(*pair))

    with ThreadPoolExecutor(thread_count()) as pool:
        piece = []
        for pair in pairs:
            piece.append(pair)
            if len(piece) == 128:
                yield from zip([index for index, _ in piece], pool.map(job, piece), strict=True)
                piece = []
        yield from zip([index for index, _ in piece], pool.map(job, piece), strict=True)


def thread_count():
    """Threads that decode images: Pillow releases the interpreter lock while it decodes."""
    return min(16, (os.cpu_count() or 1) + 1)


def _result_or_fault(call):
    try:
        return call()
    except BadImage as fault:
        return fault
