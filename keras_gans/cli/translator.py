"""An exported network from images to images, as `translate` and the judges use it."""

from keras_gans.cli.generator import class_index, progress

DIRECTIONS = {"forward": "default", "backward": "backward"}
WITH_SEEDS = "with_seeds"  # `default` with noise by other seeds than the number of a row
STYLES = ("style_from_latent", "style_from_reference")


def add_options(parser):
    """Adds the options that `Translator` and its `looks` read, but for `--reference`."""
    parser.add_argument("directory", metavar="EXPORT", help="an exported network from images to images")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default="forward",
        help="backward: the other way, of an export that has both (default: forward)",
    )
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="of a network for several domains, the one to translate to, by name or by number from 0; of "
        "attributes several with commas between",
    )
    add_seed(parser)


def add_seed(parser):
    """Adds the option `--seed`."""
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of noise or style, if the network has any; image number i has seed N + i (default: 0)",
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
        class_names: tuple of str. Domains that it can be asked for, by number where the card has no names;
            empty where there is one only.

    Raises:
        FileNotFoundError: there is no export, or it has no card.
        ValueError: it does not translate images of three colours, or not in this direction.
    """

    def __init__(self, options):
        from keras_gans.export import card, loader

        self.directory = loader.find(options.directory)
        self.loaded = loader.load(self.directory)
        content = card.read(self.directory)
        self.signatures = content["signatures"]
        self.signature = DIRECTIONS[options.direction]
        if self.signature not in self.signatures:
            raise ValueError(
                f"--direction {options.direction} needs the signature {self.signature!r}. "
                f"{self.directory} has {sorted(self.signatures)}"
            )
        inputs = self._shapes(self.signature)
        wanted = set() if "styles" not in inputs else set(STYLES)
        if "images" not in inputs or inputs.keys() - {"images", "labels", "styles"}:
            raise ValueError(
                "A network to translate takes `images`, and may take `labels` or `styles`. "
                f"{self.directory} takes {sorted(inputs)}"
            )
        if inputs["images"][-1] != 3:
            raise ValueError(
                f"Images come with 3 channels. {self.directory} takes {inputs['images'][-1]} of `images`"
            )
        if not wanted <= self.signatures.keys():
            raise ValueError(
                f"Styles need the signatures {', '.join(STYLES)}. {self.directory} has "
                f"{sorted(self.signatures)}"
            )
        self.seed = options.seed
        self.labelled, self.styled = (name in inputs for name in ("labels", "styles"))
        self.noisy = self.signature == "default" and WITH_SEEDS in self.signatures
        self.resolution = inputs["images"][1]
        given = self.signatures[self.signature]["inputs"]["images"]
        self.multiple, self.smallest = given.get("open_sizes", (self.resolution,) * 2)
        count = inputs["labels"][1] if self.labelled else 0
        count = self._shapes(STYLES[0])["y"][1] if self.styled else count
        self.class_names = tuple(content["class_names"] or map(str, range(count))) if count else ()

    def looks(self, label=None, reference=None):
        """What images can be translated to.

        Args:
            label: str. A domain by name or number, or "all". Of attributes several, with commas between.
                `None` where the network has one domain.
            reference: path of an image whose style is taken, of a network with styles; `None` means styles
                by the seed.

        Returns:
            dict, name of the domain (or `None`) -> look, an argument of `translate`.

        Raises:
            ValueError: the network has no domains, or not these, or it takes no reference.
        """
        if reference is not None and not self.styled:
            raise ValueError(f"--reference is for networks with styles. {self.directory} has none")
        if not self.class_names:
            if label is not None:
                raise ValueError(f"{self.directory} translates to one domain. Received: --label {label}")
            return {None: lambda numbers: {}}
        wanted = self.class_names if label == "all" else (label,)
        return {name: self._look(name, reference) for name in wanted}

    def check_resolution(self, resolution):
        """Returns `resolution`, or the network's own for `None`.

        Raises:
            ValueError: the network does not take images of this size.
        """
        chosen = resolution or self.resolution
        if chosen is None or chosen % self.multiple or chosen < self.smallest:
            raise ValueError(
                f"--resolution must be a multiple of {self.multiple}, at least {self.smallest}. "
                f"Received: {resolution}"
            )
        return chosen

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

    def translate(self, images, look, first=0):
        """Translates images of one size.

        Args:
            images: uint8 array, `(batch, height, width, 3)`.
            look: one of `looks`.
            first: int. Number of the first one: the seed of image `i` is that of the options plus `i`.

        Returns:
            uint8 array, `(batch, height, width, channels)`.
        """
        import tensorflow as tf

        from keras_gans.images import unit_to_uint8

        seeds = self.seed + first + tf.range(len(images), dtype="int64")
        inputs = {"images": _unit(images), **look(seeds)}
        if self.noisy:
            return unit_to_uint8(self._call(WITH_SEEDS, **inputs, seeds=seeds))
        return unit_to_uint8(self._call(self.signature, **inputs))

    def translate_all(self, images, look, batch_size=16):
        """As `translate`, of any number of images, in batches, with progress."""
        import numpy as np

        parts = []
        for start in range(0, len(images), batch_size):
            parts.append(self.translate(images[start : start + batch_size], look, start))
            progress(min(start + batch_size, len(images)), len(images))
        return np.concatenate(parts)

    def _look(self, label, reference):
        import tensorflow as tf

        from keras_gans.data.decoding import crop_square, decode, resize
        from keras_gans.random import counter_normal

        names = list(self.class_names)
        several = self.labelled and label is not None and label not in names
        parts = label.split(",") if several else [label]
        numbers = [class_index(part, names, len(names), flag="--label") for part in parts]
        y = tf.reduce_max(tf.one_hot(numbers, len(names)), axis=0, keepdims=True)  # (1, domains)
        if self.labelled:
            return lambda seeds: {"labels": y}
        if reference is not None:
            side = self._shapes(STYLES[1])["images"][1]
            image = resize(crop_square(decode(reference, name=str(reference)), "center"), side)
            style = self._call("style_from_reference", images=_unit(image[None]), y=y)
            return lambda seeds: {"styles": style}
        shape = self._shapes("style_from_latent")["z"][1:]

        def from_latent(seeds):
            z = counter_normal(seeds, tf.zeros_like(seeds), shape)
            return {"styles": self._call("style_from_latent", z=z, y=y)}

        return from_latent

    def _shapes(self, signature):
        return {name: one["shape"] for name, one in self.signatures[signature]["inputs"].items()}

    def _call(self, signature, **inputs):
        return self.loaded.signatures[signature](**inputs)[signature]


def _unit(images):
    import tensorflow as tf

    return tf.constant(images / 255.0, "float32")
