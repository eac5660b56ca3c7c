import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from keras_gans.data import decoding
from keras_gans.data.decoding import (
    BadImage,
    box_mean,
    crop_to_shape,
    decode,
    fit,
    formats,
    other_image_suffixes,
    readable_suffixes,
    resize,
)


def reason(data):
    with pytest.raises(BadImage) as caught:
        decode(data, name="file")
    assert caught.value.size is None
    return caught.value.reason


def png(width, height, depth, colour_type, rows, extra=b""):
    """A PNG file from scratch; `extra` holds chunks to put before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def test_rgb_png_is_read_exactly_from_bytes_file_and_path(encode, noise, tmp_path):
    pixels = noise(5, 7)
    data = encode(pixels)
    (tmp_path / "a.png").write_bytes(data)
    for file in (data, io.BytesIO(data), tmp_path / "a.png", str(tmp_path / "a.png")):
        image = decode(file, name="a")
        assert image.dtype == np.uint8
        np.testing.assert_array_equal(image, pixels)


@pytest.mark.parametrize("format", formats())
def test_truncated_file_is_refused(encode, noise, format):
    data = encode(noise(64), format)
    assert len(data) > 1000
    assert decode(data, name="whole").shape == (64, 64, 3)
    for part in (0.1, 0.5, 0.9):
        assert reason(data[: int(len(data) * part)])


def test_suffixes_are_those_of_the_formats():
    assert {"JPEG", "PNG", "AVIF"} <= set(formats())
    assert {".jpg", ".jfif", ".mpo", ".avif", ".jp2", ".pgm", ".qoi"} <= readable_suffixes()
    assert not readable_suffixes() & {".pdf", ".eps", ".h5", ".mpg", ".pfm", ".ico", ".tga"}
    assert {".heic", ".jxl", ".pfm", ".svg"} <= other_image_suffixes()
    assert not other_image_suffixes() & readable_suffixes()


def test_a_pillow_without_a_library_reads_less(monkeypatch):
    functions = (formats, readable_suffixes, other_image_suffixes)
    monkeypatch.setattr(decoding.features, "check", lambda name: name != "avif")
    for function in functions:
        function.cache_clear()
    try:
        assert "AVIF" not in formats() and ".avif" not in readable_suffixes()
        assert {".avif", ".avifs"} <= other_image_suffixes()
    finally:
        for function in functions:
            function.cache_clear()


def test_progressive_jpeg_without_its_end_is_refused(encode, noise):
    data = encode(noise(64), "JPEG", progressive=True)
    assert "truncated" in reason(data[:-200])


def test_empty_file_is_refused():
    assert reason(b"") == "the file is empty"


def test_html_is_refused_and_shown():
    text = reason(b"<html><body>404 Not Found</body></html>")
    assert "no image" in text and "<html>" in text


def test_png_without_its_end_is_refused(encode, noise):
    assert "no end" in reason(encode(noise(8))[:-12])


def test_missing_file_is_a_bad_image(tmp_path):
    with pytest.raises(BadImage, match="cannot be read: No such file"):
        decode(tmp_path / "none.png", name="none")


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"tEXt", b"IEND"])
def test_png_with_a_flipped_checksum_byte_is_refused(kind):
    rows = b"".join(b"\0" + bytes(range(30)) for _ in range(10))
    good = png(10, 10, 8, 2, rows, chunk(b"tEXt", b"Comment\0hello"))
    assert decode(good, name="good").shape == (10, 10, 3)
    start = good.index(kind) - 4
    length = struct.unpack(">I", good[start : start + 4])[0]
    damaged = bytearray(good)
    damaged[start + 8 + length] ^= 1  # first byte of the checksum
    assert f"wrong checksum of PNG chunk {kind!r}" in reason(bytes(damaged))


def test_16_bit_grey_png_is_scaled():
    ramp = np.arange(0, 65536, 16, dtype="uint16").reshape(64, 64)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in ramp)
    image = decode(png(64, 64, 16, 0, rows), name="ramp")
    expected = np.floor(ramp / 65535 * 255 + 0.5)
    for channel in range(3):
        np.testing.assert_array_equal(image[..., channel], expected)
    assert len(np.unique(image)) == 256


def test_16_bit_grey_png_with_a_transparent_value_is_composited():
    rows = b"\0" + struct.pack(">2H", 1000, 30000)
    data = png(2, 1, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 1000)))
    image = decode(data, name="transparent", background=(1, 2, 3))
    np.testing.assert_array_equal(image[0], [[1, 2, 3], [117, 117, 117]])


def test_16_bit_tiff_is_scaled(encode):
    image = decode(encode(np.array([[0, 257 * 9, 65535]], "uint16"), "TIFF"), name="tiff")
    np.testing.assert_array_equal(image[0, :, 0], [0, 9, 255])


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bit_pixels_are_refused(encode, mode):
    assert f"mode {mode}" in reason(encode(Image.new(mode, (4, 4), 7), "TIFF"))


@pytest.mark.parametrize("format, tolerance", [("TIFF", 1), ("JPEG", 6)])
def test_cmyk_is_converted(encode, format, tolerance):
    ink = np.array([200, 40, 90, 30])
    image = decode(encode(Image.new("CMYK", (16, 16), tuple(ink)), format), name="cmyk")
    expected = (255 - ink[:3]) * (255 - ink[3]) / 255
    np.testing.assert_allclose(image, np.broadcast_to(expected, (16, 16, 3)), atol=tolerance)


def test_grey_is_converted(encode):
    grey = np.arange(256, dtype="uint8").reshape(16, 16)
    image = decode(encode(grey), name="grey")
    np.testing.assert_array_equal(image, np.stack([grey] * 3, axis=-1))


def test_1_bit_is_converted(encode):
    bits = np.random.default_rng(0).integers(0, 2, (9, 9)).astype(bool)
    image = decode(encode(Image.fromarray(bits)), name="bits")
    np.testing.assert_array_equal(image, np.stack([bits * 255] * 3, axis=-1))


def test_palette_is_converted(encode):
    numbers = np.random.default_rng(0).integers(0, 4, (6, 6)).astype("uint8")
    palette = np.array([[255, 0, 0], [0, 255, 0], [10, 20, 30], [9, 9, 9]], "uint8")
    picture = Image.fromarray(numbers)
    picture = picture.convert("P")
    picture.putdata(numbers.ravel().tolist())
    picture.putpalette(palette.tobytes())
    np.testing.assert_array_equal(decode(encode(picture), name="p"), palette[numbers])
    transparent = decode(encode(picture, transparency=2), name="p", background=(1, 2, 3))
    palette[2] = 1, 2, 3
    np.testing.assert_array_equal(transparent, palette[numbers])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("background", [None, (10, 200, 60)])
def test_transparency_is_composited(encode, mode, background):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (8, 8, len(mode)), dtype="uint8")
    pixels[0, 0, -1], pixels[0, 1, -1] = 0, 255
    data = encode(Image.fromarray(pixels, mode))
    arguments = {} if background is None else {"background": background}
    image = decode(data, name="alpha", **arguments)
    alpha = pixels[..., -1:] / 255
    behind = np.array(background or (255, 255, 255))
    expected = pixels[..., :-1] * alpha + behind * (1 - alpha)
    np.testing.assert_allclose(image, expected, atol=1)
    np.testing.assert_array_equal(image[0, 0], behind)


def test_transparent_webp_is_composited(encode):
    data = encode(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "WEBP", lossless=True)
    np.testing.assert_array_equal(decode(data, name="webp"), np.full((8, 8, 3), 255))


@pytest.mark.parametrize(
    "orientation, undo",
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (6, lambda a: np.rot90(a, -1)),
        (8, lambda a: np.rot90(a, 1)),
    ],
)
def test_exif_orientation_is_honoured(encode, noise, orientation, undo):
    pixels = noise(4, 6)
    image = decode(encode(pixels, exif=exif(orientation)), name="turned")
    np.testing.assert_array_equal(image, undo(pixels))


def test_exif_orientation_of_a_jpeg_is_honoured(encode):
    pixels = np.zeros((16, 32, 3), "uint8")
    pixels[:, :16] = 255  # white on the left; turned clockwise, white on top
    image = decode(encode(pixels, "JPEG", exif=exif(6)), name="turned")
    assert image.shape == (32, 16, 3)
    assert image[:12].min() > 240 and image[20:].max() < 15


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_animation_gives_its_first_frame_with_a_warning(encode, format):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    data = encode(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match="dance has 3 frames; the first is used"):
        image = decode(data, name="dance")
    np.testing.assert_allclose(image, np.broadcast_to([255, 0, 0], (16, 16, 3)), atol=3)


def test_still_gif_gives_no_warning(encode, recwarn):
    decode(encode(Image.new("RGB", (4, 4)), "GIF"), name="still")
    assert not recwarn


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("width, height", [(8001, 8000), (10000, 10000), (60000, 60000)])
def test_over_64_megapixels_is_refused_before_decoding(width, height, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("pixels were decoded"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    assert "over 64 megapixels" in reason(png(width, height, 1, 0, b""))


def test_the_pixel_limit_itself_is_allowed(encode, noise, monkeypatch):
    monkeypatch.setattr("keras_gans.data.decoding.MAX_PIXELS", 100)
    assert decode(encode(noise(10, 10)), name="limit").shape == (10, 10, 3)
    assert "101x1" in reason(encode(noise(1, 101)))


def test_damaged_tags_are_a_bad_image():
    directory = ImageFileDirectory_v2()
    directory[256] = 10
    assert reason(b"II*\0" + struct.pack("<I", 8) + directory.tobytes(8))


def test_crop_to_shape_takes_the_middle(noise):
    wide, tall = noise(4, 10), noise(9, 4)
    np.testing.assert_array_equal(crop_to_shape(wide, "center"), wide[:, 3:7])
    np.testing.assert_array_equal(crop_to_shape(tall, "center"), tall[2:6])


def test_crop_to_shape_takes_only_squares_if_told_so(noise):
    square = noise(5)
    assert crop_to_shape(square, None) is square
    with pytest.raises(BadImage, match="not square: 10x4") as caught:
        crop_to_shape(noise(4, 10), None)
    assert caught.value.size == (10, 4)


def test_crop_to_shape_refuses_another_crop(noise):
    with pytest.raises(ValueError, match="'left'"):
        crop_to_shape(noise(4), "left")


def lanczos(size, new_size):
    """Weights, `(new_size, size)`, of antialiased Lanczos-3 resampling, from its definition."""
    scale = size / new_size
    centres = (np.arange(new_size)[:, None] + 0.5) * scale
    x = (np.arange(size)[None] + 0.5 - centres) / scale
    weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("side, resolution", [(64, 8), (50, 16), (33, 32)])
def test_resize_is_antialiased(noise, side, resolution):
    image = noise(side)
    weights = lanczos(side, resolution)
    # Pillow resizes along x first and keeps that result in 8 bits.
    expected = np.einsum("xj,ijc->ixc", weights, image.astype(float)).round().clip(0, 255)
    expected = np.einsum("yi,ixc->yxc", weights, expected).clip(0, 255)
    small = resize(image, resolution)
    assert small.dtype == np.uint8
    np.testing.assert_allclose(small, expected, atol=1.01)
    # Plain subsampling of the same image is far off.
    near = image[:: side // resolution, :: side // resolution][:resolution, :resolution]
    if side // resolution >= 3:
        assert np.abs(near - expected).mean() > 20


def test_fit_crops_and_resizes_but_never_enlarges(noise):
    image = noise(20, 30)
    expected = resize(np.ascontiguousarray(image[:, 5:25]), 10)
    np.testing.assert_array_equal(fit(image, resolution=10, crop="center"), expected)
    with pytest.raises(BadImage, match="smaller than 24 pixels: 30x20"):
        fit(image, resolution=24, crop="center")


@pytest.mark.parametrize("factor", [1, 2, 4, 8, 16])
def test_box_mean_is_the_rounded_mean_of_each_block(noise, factor):
    images = np.stack([noise(32, 16, seed) for seed in range(3)])
    small = box_mean(images, factor)
    assert small.shape == (3, 32 // factor, 16 // factor, 3) and small.dtype == np.uint8
    for n, y, x, c in np.ndindex(small.shape):
        block = images[n, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor, c]
        assert small[n, y, x, c] == np.floor(block.astype(float).mean() + 0.5)


def test_box_mean_in_chunks_equals_one_piece(noise, monkeypatch):
    images = np.stack([noise(16, 16, seed) for seed in range(7)])
    whole = box_mean(images, 4)
    monkeypatch.setattr("keras_gans.data.decoding._CHUNK_BYTES", 2 * 4 * 16 * 16 * 3)
    np.testing.assert_array_equal(box_mean(images, 4), whole)


@pytest.mark.parametrize("factor", [0, 3, 32, -2])
def test_box_mean_refuses_other_factors(noise, factor):
    with pytest.raises(ValueError, match=f"factor={factor}"):
        box_mean(noise(24)[None], factor)
