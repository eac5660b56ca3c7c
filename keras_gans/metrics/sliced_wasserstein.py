"""Sliced Wasserstein distance between the patches of two sets of images."""

import numpy as np
from numpy.typing import ArrayLike

# Edge of a patch in pixels, and of the smallest level of the pyramid.
PATCH = 7
SMALLEST = 16
# Pixels whose pyramid is built at a time, and projections that are sorted at a time: 32 and 256 MiB.
PIXELS = 2**23
PROJECTIONS = 2**26


def laplacian_pyramid(images, levels):
    """Splits images into bands of detail, each half the size of the one before.

    With `down` a filter of (1, 4, 6, 4, 1)/16 in both directions, mirrored at the borders, that keeps every
    other pixel, and `up` the same filter times 4 on pixels with zeros between them, `g_0 = images`,
    `g_{i+1} = down(g_i)`: level i is `g_i - up(g_{i+1})`, the last level is the last `g`.

    Args:
        images: array, `(batch, height, width, channels)`. Any range.
        levels: int. How many, at least 1.

    Returns:
        list of float32 arrays, `(batch, height / 2^i, width / 2^i, channels)`, in the unit of the images.

    Raises:
        ValueError: a size cannot be halved `levels - 1` times down to 2 or more.

    Reference:
        Burt and Adelson 1983, "The Laplacian Pyramid as a Compact Image Code";
        [1710.10196](https://arxiv.org/abs/1710.10196), section 5.
    """
    images = np.asarray(images)
    if levels < 1:
        raise ValueError(f"`levels` must be at least 1. Received: {levels}")
    divisor = 2 ** (levels - 1)
    if images.ndim != 4 or any(size % divisor or size < 2 * divisor for size in images.shape[1:3]):
        raise ValueError(
            "`images` must have the shape (batch, height, width, channels) with sizes that can be halved "
            f"{levels - 1} times, down to 2 or more. Received: {images.shape}"
        )
    pyramid = [images.astype("float32")]
    for _ in range(levels - 1):
        smaller = _halve(_halve(pyramid[-1], 1), 2)
        pyramid[-1] = pyramid[-1] - _double(_double(smaller, 1), 2)
        pyramid.append(smaller)
    return pyramid


def _halve(images, axis):
    """Filters along an axis and keeps the even pixels."""
    x = np.moveaxis(images, axis, 0)
    x = np.concatenate([x[2:0:-1], x, x[-2:-3:-1]])  # pixels -2 to size
    x = (6.0 * x[2:-2:2] + 4.0 * (x[1:-3:2] + x[3:-1:2]) + x[:-4:2] + x[4::2]) / 16.0
    return np.moveaxis(x, 0, axis)


def _double(images, axis):
    """Puts zeros between the pixels along an axis and filters, times 2."""
    x = np.moveaxis(images, axis, 0)
    # The last zero is where the mirror stands: on the right a pixel is repeated, on the left it is not.
    left, right = np.concatenate([x[1:2], x[:-1]]), np.concatenate([x[1:], x[-1:]])
    larger = np.empty((2 * len(x), *x.shape[1:]), x.dtype)
    larger[::2] = (left + 6.0 * x + right) / 8.0
    larger[1::2] = (x + right) / 2.0
    return np.moveaxis(larger, 0, axis)


def descriptors(level, rows, columns):
    """The 7 x 7 patches around given pixels.

    Args:
        level: float array, `(batch, height, width, channels)`.
        rows: int array, `(batch, patches)`. Rows of the centres, from 3 to `height - 4`.
        columns: int array, `(batch, patches)`. Columns of the centres, from 3 to `width - 4`.

    Returns:
        Array, `(batch * patches, 7, 7, channels)`, not normalised.

    Raises:
        ValueError: a patch leaves the image.
    """
    rows, columns = np.asarray(rows), np.asarray(columns)
    margin = PATCH // 2
    for name, centres, size in (("rows", rows, level.shape[1]), ("columns", columns, level.shape[2])):
        if centres.min() < margin or centres.max() >= size - margin:
            raise ValueError(
                f"`{name}` must be from {margin} to {size - margin - 1} at a size of {size}. "
                f"Received: {centres.min()} to {centres.max()}"
            )
    windows = np.lib.stride_tricks.sliding_window_view(level, (PATCH, PATCH), axis=(1, 2))
    patches = windows[np.arange(len(level))[:, None], rows - margin, columns - margin]
    patches = patches.reshape(-1, *patches.shape[2:])  # (batch * patches, channels, 7, 7)
    return np.ascontiguousarray(patches.transpose(0, 2, 3, 1))


class PatchDescriptors:
    """Patches of all levels of images that arrive in batches.

    Every level of the Laplacian pyramid, from the size of the images down to 16, gives `patches_per_image`
    patches of 7 x 7 pixels at random places of each image. The places depend on the seed, the level and the
    number of the image, not on the batches. Images are dropped, patches are kept in float32. An image takes
    4 x 49 x channels x patches_per_image bytes a level: 376 kB with 5 levels of RGB at 256 pixels and 128
    patches, 6.2 GB for 16384 of them. `nbytes` says how much it is.

    Args:
        patches_per_image: int.
        seed: int or sequence of ints. Of the places.

    Example:
    ```python
    real, generated = PatchDescriptors(seed=0), PatchDescriptors(seed=1)
    for images in dataset:
        real.update(images)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 5.
    """

    def __init__(self, *, patches_per_image=128, seed=0):
        if patches_per_image < 1:
            raise ValueError(f"`patches_per_image` must be at least 1. Received: {patches_per_image}")
        self.patches_per_image = patches_per_image
        self.count = 0
        self.shape = None
        self.levels = {}
        self._seed = np.atleast_1d(seed).tolist()
        self._places = {}

    def update(self, images):
        """Adds images.

        Args:
            images: uint8 or float array, `(batch, size, size, channels)`; size is 16, 32, 64 ... In any
                range, but the same for all images; the distance does not depend on it.

        Raises:
            ValueError: another shape or type, not finite, or not as the images before.
        """
        images = _check_images(images)
        if self.shape is None:
            self.shape, self._is_uint8 = images.shape[1:], images.dtype == np.uint8
            sizes = [2**i for i in range(SMALLEST.bit_length() - 1, self.shape[0].bit_length())]
            self.levels = {size: [] for size in reversed(sizes)}
            self._places = {size: np.random.default_rng([*self._seed, size]) for size in sizes}
        if images.shape[1:] != self.shape:
            raise ValueError(f"`images` must be {self.shape} as before. Received: {images.shape[1:]}")
        if self._is_uint8 != (images.dtype == np.uint8):
            before = "uint8" if self._is_uint8 else "float"
            raise ValueError(f"`images` must be {before} as before, in one range. Received: {images.dtype}")
        step = max(1, PIXELS // images[0].size)
        for start in range(0, len(images), step):
            self._add(images[start : start + step])

    def _add(self, images):
        margin = PATCH // 2
        pyramid = laplacian_pyramid(images, len(self.levels))
        for level, (size, kept) in zip(pyramid, self.levels.items(), strict=True):
            shape = (len(images), self.patches_per_image, 2)
            places = self._places[size].integers(margin, size - margin, shape)
            kept.append(descriptors(level, places[..., 0], places[..., 1]))
        self.count += len(images)

    @property
    def nbytes(self):
        """Memory held by the patches, in bytes."""
        return sum(block.nbytes for level in self.levels.values() for block in level)


def _check_images(images):
    images = np.asarray(images)
    size = images.shape[1] if images.ndim == 4 else 0
    if 0 in images.shape or size < SMALLEST or size & (size - 1) or images.shape[2] != size:
        raise ValueError(
            "`images` must have the shape (batch, size, size, channels) with a size of 16, 32, 64 or "
            f"another power of two. Received: {images.shape}"
        )
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"`images` must be uint8 or float. Received: {images.dtype}")
    if not np.isfinite([images.min(), images.max()]).all():
        raise ValueError("`images` must be finite. Received NaN or infinity")
    return images


def sliced_distance(real, generated, directions):
    """Mean distance between the sorted projections of two sets of patches, each normalised.

    A set is normalised per channel, to mean 0 and standard deviation 1 over all its patches and pixels.
    Along one direction the Wasserstein distance of two sets of n numbers is `mean_i |a_(i) - b_(i)|`, both
    sorted.

    Args:
        real: list of float32 arrays, `(patches, 7, 7, channels)`.
        generated: list of float32 arrays, `(patches, 7, 7, channels)`; the same number in all.
        directions: float32 array, `(7 * 7 * channels, n)`. Unit columns.

    Returns:
        float. The mean over the directions.

    Raises:
        ValueError: a channel is constant over a set, or the sets differ in size.
    """
    sizes = [sum(map(len, blocks)) for blocks in (real, generated)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"`real` and `generated` must hold equally many patches. Received: {sizes}")
    scales = _channel_statistics(real, "real"), _channel_statistics(generated, "generated")
    total = 0.0
    step = max(1, PROJECTIONS // sizes[0])
    for start in range(0, directions.shape[1], step):
        some = directions[:, start : start + step]
        first, last = (
            _sorted_projections(blocks, scale, some, sizes[0])
            for blocks, scale in zip((real, generated), scales, strict=True)
        )
        total += np.abs(first - last).sum(dtype="float64")
    return total / (sizes[0] * directions.shape[1])


def _channel_statistics(blocks, name):
    """Mean and standard deviation per channel, float64, in two passes."""
    number = sum(block[..., 0].size for block in blocks)
    mean = sum(block.sum(axis=(0, 1, 2), dtype="float64") for block in blocks) / number
    square = sum(np.square(block - mean).sum(axis=(0, 1, 2)) for block in blocks) / number
    if not square.all():
        raise ValueError(f"The patches of the `{name}` images are constant in channel {np.argmin(square)}.")
    return mean, np.sqrt(square)


def _sorted_projections(blocks, scale, directions, number):
    """`(directions, number)`, every row in ascending order."""
    mean, deviation = scale
    # Normalising the directions instead of the patches: x . d = y . (d / deviation) - mean . (d / deviation).
    directions = (directions.reshape(-1, len(mean), directions.shape[1]) / deviation[:, None]).astype(
        "float32"
    )
    shift = np.einsum("c,pcd->d", mean, directions, dtype="float64").astype("float32")
    directions = directions.reshape(-1, directions.shape[-1])
    projections = np.empty((directions.shape[1], number), "float32")
    first = 0
    for block in blocks:
        flat = block.reshape(len(block), -1)
        projections[:, first : first + len(block)] = directions.T @ flat.T - shift[:, None]
        first += len(block)
    projections.sort(axis=1)
    return projections


def descriptor_distance(real, generated, *, repeats=4, directions=128, seed=0):
    """Sliced Wasserstein distance per level of two `PatchDescriptors`.

    Args:
        real: `PatchDescriptors`.
        generated: `PatchDescriptors` of equally many images of the same shape, with another seed: equal seeds
            put the patches of both sets at the same places.
        repeats: int. How many sets of directions.
        directions: int. Random unit directions of a set.
        seed: int. Of the directions.

    Returns:
        dict: size of the level -> distance x 1000, largest first, and `"mean"` -> their mean.

    Raises:
        ValueError: the sets differ in number or shape, or are empty.

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 5.
    """
    if real.shape is None or (real.shape, real.count) != (generated.shape, generated.count):
        raise ValueError(
            "`real` and `generated` must hold equally many images of the same shape, at least 1. "
            f"Received: {real.count} of {real.shape} and {generated.count} of {generated.shape}"
        )
    if repeats < 1 or directions < 1:
        raise ValueError(f"`repeats` and `directions` must be at least 1. Received: {repeats}, {directions}")
    distances = {}
    for size in real.levels:
        random = np.random.default_rng([seed, size])
        values = []
        for _ in range(repeats):
            vectors = random.standard_normal((PATCH**2 * real.shape[-1], directions))
            vectors = (vectors / np.linalg.norm(vectors, axis=0)).astype("float32")
            values.append(sliced_distance(real.levels[size], generated.levels[size], vectors))
        distances[size] = 1e3 * float(np.mean(values))
    return {**distances, "mean": float(np.mean(list(distances.values())))}


def sliced_wasserstein(
    real_images: ArrayLike,
    generated_images: ArrayLike,
    *,
    patches_per_image: int = 128,
    repeats: int = 4,
    directions: int = 128,
    seed: int = 0,
) -> dict:
    """Sliced Wasserstein distance between two sets of images, per level of detail.

    The patches of `PatchDescriptors`, compared by `descriptor_distance`. Low values at a large size mean
    similar fine structure, at 16 pixels similar composition. Patches lie at independent places in both
    sets, so two equal sets are not at distance 0 but at the distance of two samples.

    Args:
        real_images: array, `(n, size, size, channels)`, or an iterable of such batches, which need not all
            be in memory. uint8 or float in any range: patches are normalised, so it has no influence, as
            long as it is one for all images of a set.
        generated_images: the same; equally many.
        patches_per_image: int. Of each level.
        repeats: int. How many sets of directions.
        directions: int. Random unit directions of a set.
        seed: int. Of places and directions.

    Returns:
        dict: size of the level -> distance x 1000, largest first, and `"mean"` -> their mean.

    Raises:
        ValueError: as `PatchDescriptors.update` and `descriptor_distance`.

    Example:
    ```python
    distances = sliced_wasserstein(real_images, generated_images)
    print(distances[16], distances["mean"])
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 5 and table 1.
    """
    sets = []
    for number, images in enumerate((real_images, generated_images)):
        patches = PatchDescriptors(patches_per_image=patches_per_image, seed=[seed, number])
        for batch in [images] if hasattr(images, "ndim") else images:
            patches.update(batch)
        sets.append(patches)
    return descriptor_distance(*sets, repeats=repeats, directions=directions, seed=seed)
