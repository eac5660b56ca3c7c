"""Image files of unknown origin to uint8 RGB arrays, and the resampling that data sets need.

One decoder for the whole package, Pillow, so that a file gives the same pixels in training,
evaluation and `prepare`. A file that cannot be decoded as a whole is refused with a reason; no
file is repaired or read in part.
"""

import functools
import io
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, features

from keras_gans.images import channel_count
from keras_gans.resolution import is_same_shape, pair, text

WHITE = (255, 255, 255)
MAX_PIXELS = 64_000_000
# Pillow also has readers that start other programs, and some that take any bytes for an image; files of
# unknown origin never reach those. Beside a format stands the library that Pillow may be built without.
_FORMATS = {
    "JPEG": None,
    "PNG": None,
    "WEBP": "webp",
    "GIF": None,
    "BMP": None,
    "TIFF": None,
    "AVIF": "avif",
    "JPEG2000": "jpg_2000",
    "PPM": None,
    "QOI": None,
}
# Images by name, besides those in these formats.
_OTHER_IMAGES = (
    *(".avif", ".heic", ".heif", ".hif", ".jxl", ".svg", ".psd", ".ico", ".tga", ".dds", ".exr", ".hdr"),
    *(".pcx", ".eps", ".dng", ".raw", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
)
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK_BYTES = 2**26


class BadImage(ValueError):
    """An image file that cannot be used.

    Args:
        reason: str. Why, in words for the person who owns the file.
        size: `(width, height)`, in pixels, of an image that can be decoded but does not fit the
            purpose. `None` for a file that cannot be decoded.
    """

    def __init__(self, reason, size=None):
        super().__init__(reason)
        self.reason = reason
        self.size = size


@functools.cache
def formats():
    """Returns the formats that `decode` takes, by Pillow's names: tuple of str."""
    Image.init()
    return tuple(
        name
        for name, library in _FORMATS.items()
        if name in Image.OPEN and (library is None or features.check(library))
    )


@functools.cache
def readable_suffixes():
    """Returns the suffixes of the files that `decode` takes: frozenset of str, such as ".jpg"."""
    # A phone's MPO is read as the JPEG that it begins with. Of PPM, floats have no range.
    return frozenset(_suffixes((*formats(), "MPO")) - {".pfm"})


@functools.cache
def other_image_suffixes():
    """Returns the suffixes of images that `decode` cannot read, such as ".heic": frozenset of str."""
    return frozenset({*_OTHER_IMAGES, *_suffixes(_FORMATS)} - readable_suffixes())


def decode(file, *, name, background=WHITE):
    """Decodes one image file to RGB.

    Grey, palette, 1-bit, CMYK and 16-bit images are converted (16 bits are scaled to 8, not
    clipped), transparency is composited on `background`, the EXIF orientation is applied and
    colour profiles are ignored. Of an animation the first frame is taken, with a warning.

    Args:
        file: bytes of the file, a binary file object or a path.
        name: str. Name of the file in warnings.
        background: 3 integers in `[0, 255]`. Colour, RGB, behind transparent pixels.

    Returns:
        uint8 array, `(height, width, 3)`.

    Raises:
        BadImage: if the file is empty, damaged, truncated, no image, over 64 megapixels or holds
            pixels without a defined range (32-bit integers, floats).
    """
    data = _read(file)
    if not data:
        raise BadImage("the file is empty")
    if data.startswith(_PNG):
        _verify_checksums(data)
    try:
        with Image.open(io.BytesIO(data), formats=formats()) as image:
            _check_pixels(*image.size)
            _warn_if_animated(image, name)
            image.load()
            return np.array(flatten(ImageOps.exif_transpose(image), background=background))
    except (BadImage, MemoryError):
        raise
    except Image.UnidentifiedImageError as error:
        raise BadImage(_not_an_image(data)) from error
    except Image.DecompressionBombError as error:
        raise BadImage(f"over {MAX_PIXELS // 10**6} megapixels") from error
    except Warning:
        # Under "error" filters a warning is the caller's wish to stop, not a fault of the file.
        raise
    except Exception as error:
        # Damaged files make Pillow's readers raise almost anything: OSError, SyntaxError, KeyError.
        raise BadImage(f"damaged or truncated: {error}") from error


def flatten(image, *, background=WHITE):
    """Converts a Pillow image of any mode to mode RGB.

    Args:
        image: `PIL.Image.Image`.
        background: 3 integers in `[0, 255]`. Colour, RGB, behind transparent pixels.

    Returns:
        `PIL.Image.Image` of mode RGB and the same size.

    Raises:
        BadImage: if the pixels have no defined range (modes I and F).
    """
    if image.mode.startswith("I;16"):
        image = _eight_bits(image)
    elif image.mode in ("I", "F"):
        raise BadImage(f"pixels of mode {image.mode} (32 bits a channel) have no defined range")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        backdrop = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(backdrop, image)
    return image.convert("RGB")


def crop_to_shape(image, crop, shape=1):
    """Crops an image to a square, or to another shape.

    Args:
        image: uint8 array, `(height, width, channels)`.
        crop: "center" for the largest part of that shape in the middle, or `None` to take images of that
            shape only.
        shape: int, for a square, or (height, width), whose ratio is taken.

    Returns:
        uint8 array, `(height, width, channels)`: a square's side is the shorter of height and width.

    Raises:
        BadImage: if `crop` is `None` and the image has another shape.
        ValueError: for another `crop`.
    """
    if crop not in (None, "center"):
        raise ValueError(f'`crop` must be "center" or None. Received: crop={crop!r}')
    height, width = image.shape[:2]
    if is_same_shape((height, width), shape):
        return image
    if crop is None:
        raise BadImage(f"{other_shape(shape)}: {width}x{height}", size=(width, height))
    tall, wide = pair(shape)
    rows, columns = min(height, max(1, width * tall // wide)), min(width, max(1, height * wide // tall))
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[top : top + rows, left : left + columns]


def other_shape(resolution):
    """Returns what is said of an image that has not the shape of a resolution."""
    height, width = pair(resolution)
    return "not square" if height == width else f"not of the shape {width}x{height}"


def wide_by_high(resolution):
    """Returns a resolution as sizes of files are written: "64" of a square, else width x height."""
    return text(pair(resolution)[::-1])


def resize(image, resolution):
    """Resizes an image with Pillow's antialiased Lanczos filter.

    Args:
        image: uint8 array, `(height, width, 3)`, of the result's shape.
        resolution: int, or (height, width). Size of the result, in pixels.

    Returns:
        uint8 array, `(height, width, 3)`.
    """
    height, width = pair(resolution)
    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.array(picture.resize((width, height), Image.Resampling.LANCZOS))


def in_channels(image, channels):
    """Converts an image to the channels that networks are trained on.

    Grey is Pillow's luma, `0.299 R + 0.587 G + 0.114 B`, rounded; what is grey already keeps its values.

    Args:
        image: uint8 RGB array, `(height, width, 3)`.
        channels: str. One of `keras_gans.images.CHANNELS`.

    Returns:
        uint8 array, `(height, width, 3)` for "rgb", `(height, width, 1)` for "grey".

    Raises:
        ValueError: for other `channels`.
    """
    if channel_count(channels) == 3:
        return image
    return np.array(Image.fromarray(np.ascontiguousarray(image)).convert("L"))[..., np.newaxis]


def fit(image, *, resolution, crop, channels="rgb"):
    """Makes one training image: crops to the shape, resizes, never upwards, and converts the colours.

    Args:
        image: uint8 array, `(height, width, 3)`.
        resolution: int, or (height, width). Size of the result, in pixels.
        crop: "center" or `None`, see `crop_to_shape`.
        channels: "rgb" or "grey", see `in_channels`.

    Returns:
        uint8 array, `(height, width, 3)`, or of grey images `(height, width, 1)`.

    Raises:
        BadImage: with its `size`, if the image has another shape and `crop` is `None`, or what is left of
            it is smaller than `resolution`.
    """
    height, width = image.shape[:2]
    cut = crop_to_shape(image, crop, resolution)
    if is_smaller(cut.shape, resolution):
        raise BadImage(
            f"smaller than {wide_by_high(resolution)} pixels: {width}x{height}", size=(width, height)
        )
    return in_channels(resize(cut, resolution), channels)


def is_smaller(size, resolution):
    """Whether a height or a width is below that of a resolution."""
    return any(side < least for side, least in zip(size, pair(resolution), strict=False))


def box_mean(images, factor):
    """Shrinks images by a power of two; a pixel is the mean of its block, rounded half up.

    Args:
        images: uint8 array, `(batch, height, width, channels)`.
        factor: int, a power of two that divides height and width.

    Returns:
        uint8 array, `(batch, height // factor, width // factor, channels)`.

    Raises:
        ValueError: if `factor` is no power of two or does not divide the sides.
    """
    batch, height, width, channels = images.shape
    if factor < 1 or factor & (factor - 1) or height % factor or width % factor:
        raise ValueError(
            "`factor` must be a power of two that divides the sides of the images. "
            f"Received: factor={factor}, images of {width}x{height}"
        )
    if factor == 1:
        return images
    small = np.empty((batch, height // factor, width // factor, channels), "uint8")
    # The sums of a chunk are 4 bytes a value; chunks keep them small beside a set of gigabytes.
    chunk = max(1, _CHUNK_BYTES // (4 * height * width * channels))
    for start in range(0, batch, chunk):
        sums = _block_sums(_block_sums(images[start : start + chunk], factor, 1), factor, 2)
        small[start : start + chunk] = (sums + factor * factor // 2) // (factor * factor)
    return small


def _block_sums(images, factor, axis):
    """Sums `factor` neighbours along one axis: uint32, exact for every factor in use."""
    blocks = np.moveaxis(images, axis, 0)
    sums = blocks[::factor].astype("uint32")
    for offset in range(1, factor):
        sums += blocks[offset::factor]
    return np.moveaxis(sums, 0, axis)


def _suffixes(names):
    return {suffix for suffix, name in Image.registered_extensions().items() if name in names}


def _read(file):
    if isinstance(file, (bytes, bytearray, memoryview)):
        return bytes(file)
    if hasattr(file, "read"):
        return file.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise BadImage(f"cannot be read: {error.strerror}") from error


def _check_pixels(width, height):
    if width * height > MAX_PIXELS:
        raise BadImage(f"over {MAX_PIXELS // 10**6} megapixels: {width}x{height}")


def _warn_if_animated(image, name):
    # A phone's MPO holds a second picture beside the photo, which is no animation.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        warnings.warn(f"{name} has {image.n_frames} frames; the first is used.", stacklevel=3)


def _verify_checksums(data):
    """Checks every chunk of a PNG, because Pillow skips the checksums of pixel data and end."""
    view = memoryview(data)
    place = len(_PNG)
    while place < len(view):
        length, kind = int.from_bytes(view[place : place + 4]), bytes(view[place + 4 : place + 8])
        end = place + 8 + length
        if int.from_bytes(view[end : end + 4]) != zlib.crc32(view[place + 4 : end]):
            raise BadImage(f"damaged or truncated: wrong checksum of PNG chunk {kind!r}")
        if kind == b"IEND":
            return
        place = end + 4
    raise BadImage("truncated: the PNG file has no end")


def _eight_bits(image):
    """16-bit grey to 8 bits: 65535 becomes 255. A transparent value becomes an alpha channel."""
    values = np.asarray(image).astype("int64")
    grey = Image.fromarray(((values + 128) // 257).astype("uint8"))
    transparent = image.info.get("transparency")
    if transparent is None:
        return grey
    alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype("uint8"))
    return Image.merge("LA", (grey, alpha))


def _not_an_image(data):
    start = data[:16].decode("ascii", errors="replace")
    known = ", ".join(formats())
    return f"no image that can be read ({known}); it starts with {start!r}"
