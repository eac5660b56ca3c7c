"""An exported network from images to images, as `translate` and `judge-pairs` use it."""

from keras_gans.cli.generator import progress

DIRECTIONS = {"forward": "default", "backward": "backward"}


def add_options(parser):
    """Adds the options that `Translator` reads."""
    parser.add_argument("directory", metavar="EXPORT", help="an exported network from images to images")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default="forward",
        help="backward: the other way, of an export that has both (default: forward)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the noise, if the network has any (default: 0)",
    )


class Translator:
    """Translates images with an export.

    Args:
        options: the parsed options `directory`, `direction` and `seed`.

    Attributes:
        directory: path of the export.
        resolution: int. Height and width that the network takes; `None` means any multiple of `multiple`.
        multiple: int.
        smallest: int. The smallest height and width.

    Raises:
        FileNotFoundError: there is no export, or it has no card.
        ValueError: it does not translate images, or not in this direction.
    """

    def __init__(self, options):
        from keras_gans.export import card, loader

        self.directory = loader.find(options.directory)
        self.loaded = loader.load(self.directory)
        signatures = card.read(self.directory)["signatures"]
        self.signature = DIRECTIONS[options.direction]
        if self.signature not in signatures:
            raise ValueError(
                f"--direction {options.direction} needs the signature {self.signature!r}. "
                f"{self.directory} has {sorted(signatures)}"
            )
        inputs = signatures[self.signature]["inputs"]
        if "images" not in inputs or inputs.keys() - {"images", "seeds"}:
            raise ValueError(
                "A network to translate takes `images`, and may take `seeds`. "
                f"{self.directory} takes {sorted(inputs)}"
            )
        self.seed = options.seed if "seeds" in inputs else None
        self.resolution = inputs["images"]["shape"][1]
        self.multiple, self.smallest = inputs["images"].get("open_sizes", (self.resolution,) * 2)

    def fit(self, image, size=None):
        """Resizes an image to what the network takes.

        Where it takes one size only, the largest square is cut from the middle first. Otherwise height and
        width become the nearest multiples.

        Args:
            image: uint8 array, `(height, width, 3)`.
            size: int. Length of the shorter side, of a network that takes any; `None` means the image's own.

        Returns:
            uint8 array, `(height, width, 3)`.

        Raises:
            ValueError: if `size` is given and the network takes another one only.
        """
        import numpy as np
        from PIL import Image

        from keras_gans.data import decoding

        if self.resolution is not None:
            if size not in (None, self.resolution):
                raise ValueError(f"--size must be {self.resolution}, which is fixed. Received: {size}")
            return decoding.resize(decoding.crop_square(image, "center"), self.resolution)
        scale = 1.0 if size is None else size / min(image.shape[:2])
        height, width = (
            max(self.smallest, self.multiple * max(1, round(side * scale / self.multiple)))
            for side in image.shape[:2]
        )
        if (height, width) == image.shape[:2]:
            return image
        return np.array(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))

    def translate(self, images, first=0):
        """Translates images of one size.

        Args:
            images: uint8 array, `(batch, height, width, 3)`.
            first: int. Number of the first one: the seed of image `i` is that of the options plus `i`.

        Returns:
            uint8 array, `(batch, height, width, channels)`.
        """
        import tensorflow as tf

        from keras_gans.images import unit_to_uint8

        inputs = {"images": tf.constant(images / 255.0, "float32")}
        if self.seed is not None:
            inputs["seeds"] = self.seed + first + tf.range(len(images), dtype="int64")
        return unit_to_uint8(self.loaded.signatures[self.signature](**inputs)[self.signature])

    def translate_all(self, images, batch_size=16):
        """As `translate`, of any number of images, in batches, with progress."""
        import numpy as np

        parts = []
        for start in range(0, len(images), batch_size):
            parts.append(self.translate(images[start : start + batch_size], start))
            progress(min(start + batch_size, len(images)), len(images))
        return np.concatenate(parts)
