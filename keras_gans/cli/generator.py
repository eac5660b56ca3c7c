"""An exported generator as `generate`, `interpolate` and others use it."""

import sys

from keras_gans.cli.arguments import parse_noise, parse_numbers, positive

BATCH = 16


def add_options(parser, *, sweep=False):
    """Adds the options that `Generator` reads.

    Args:
        parser: of a command.
        sweep: bool. Whether the command takes several truncations, a list, and `all` classes.
    """
    parser.add_argument("directory", metavar="DIR", help="an exported generator")
    parser.add_argument(
        "--truncation",
        type=parse_numbers if sweep else float,
        metavar="T,..." if sweep else "T",
        help="less variety for fewer failures, in (0, 1]. Goes to the export's own input `truncation`, of "
        "`default` or `mapping`, if it has one (styles may go to 0, their average, and below, to opposites); "
        "otherwise latents are confined to [-T, T]"
        + ("; several, such as 0.2,0.5,1, make a row each" if sweep else ""),
    )
    parser.add_argument(
        "--scale", type=positive, default=1, metavar="N", help="show every pixel N x N times (default: 1)"
    )
    parser.add_argument(
        "--class",
        dest="label",
        metavar="NAME",
        help="class, by name or by number from 0"
        + ("; `all` makes a row of the grid of each" if sweep else ""),
    )
    parser.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help="with --class, of a diffusion model: 1 follows the class, more does so more strongly "
        "(default: 2)",
    )
    parser.add_argument(
        "--noise",
        type=parse_noise,
        metavar="stored|none|SEED",
        help="noise of a generator with styles: what was stored with its weights, none, or that of a seed "
        "(default: stored)",
    )


class Generator:
    """An export, used as the options say.

    Args:
        options: the parsed options `directory`, `guidance`, `scale`, `label` and `noise`.
    """

    def __init__(self, options):
        from keras_gans.export import card, loader

        directory = loader.find(options.directory)
        self.loaded = loader.load(directory)
        self.directory = directory
        self.require("default", "latents")
        self.inputs = self._inputs("default")
        self.content = card.read(directory)
        self.scale, self.guidance, self.noise = options.scale, options.guidance, options.noise
        if self.noise is not None:
            self.require("mapping", "synthesis_with_noise", what="--noise")
        self.guided = "guided" in self.loaded.signatures
        if self.guidance is not None and not (self.guided and options.label is not None):
            raise ValueError(
                "--guidance goes with --class and an export that was trained with labels withheld. "
                f"Received: --guidance {self.guidance}"
            )

    def require(self, *names, what="this command"):
        """Raises ValueError if the export lacks one of these signatures."""
        missing = [name for name in names if name not in self.loaded.signatures]
        if missing:
            raise ValueError(
                f"{self.directory} has the signatures {sorted(self.loaded.signatures)}; "
                f"{what} needs {' and '.join(missing)} as well"
            )

    def select(self, label=None, truncation=None, *, styled=False):
        """Chooses what `latents`, `styles` and `images` make from now on.

        Args:
            label: str. Class by name or number; `None` where there are no classes, or guidance is not wanted.
            truncation: float. `None` means as much variety as there is.
            styled: bool. Whether `styles` will be asked for: images are then made by `mapping` and
                `synthesis`, as they are where only `mapping` takes a truncation, or the noise is chosen.
        """
        import tensorflow as tf

        self.signature, self.threshold, self.others = "default", None, {}
        truncates = truncation is not None
        self.styled = (
            styled
            or self.noise is not None
            or (truncates and only_styles_are_truncated(self.inputs, self.loaded.signatures))
        )
        inputs = self._inputs("mapping") if self.styled else self.inputs
        if "truncation" in inputs:
            level = 1.0 if truncation is None else truncation
            self.others["truncation"] = tf.constant(level, "float32")
        elif truncation is not None:
            self.threshold = truncation
            print(f"No input `truncation`: latents are confined to [-{truncation}, {truncation}].")
        if "y" in inputs:
            self.others["y"] = tf.one_hot(self._index(label), self.num_classes)
        elif self.guided and label is not None:
            self.signature = "guided"
            guidance = 2.0 if self.guidance is None else self.guidance
            self.others["labels"] = tf.constant([self._index(label)], "int32")
            self.others["guidance"] = tf.constant(guidance, "float32")
        elif label is not None:
            raise ValueError(f"{self.directory} has no classes. Received: --class {label}")

    @property
    def num_classes(self):
        """Number of classes that a picture can be asked of; 0 without any."""
        if "y" in self.inputs:
            return self.content["signatures"]["default"]["inputs"]["y"]["shape"][-1]
        if self.guided:
            return self.content["signatures"]["guided"]["inputs"]["labels"]["limits"][1] + 1
        return 0

    def _inputs(self, name):
        return self.loaded.signatures[name].structured_input_signature[1]

    def _index(self, label):
        return class_index(label, self.content["class_names"], self.num_classes)

    def condition(self):
        """What `denoise` takes besides image and timestep: nothing, or label and guidance."""
        import tensorflow as tf

        if not self.guided:
            return {}
        return self.others or {"labels": tf.constant([-1], "int32"), "guidance": tf.constant(1.0)}

    def latents(self, seeds):
        """float32 latents, one for each seed."""
        import tensorflow as tf

        from keras_gans import latent

        function = self.loaded.signatures["latents"]
        arguments = {"seeds": tf.constant(seeds, "int64")}
        if "truncation" in function.structured_input_signature[1]:
            arguments["truncation"] = self.others["truncation"]
        latents = function(**arguments)["latents"]
        return latents if self.threshold is None else latent.truncate(latents, self.threshold)

    def images(self, latents):
        """uint8 images, `(batch, height, width, channels)`, made in small batches with progress."""
        from keras_gans import images

        pixels = in_batches(lambda part: images.unit_to_uint8(self._unit(latents[part])), len(latents))
        return images.enlarge(pixels, self.scale)

    def unit_images(self, latents):
        """float32 images in `[0, 1]`, `(batch, height, width, channels)`, made likewise."""
        return in_batches(lambda part: self._unit(latents[part]), len(latents))

    def styles(self, latents):
        """float32 styles, truncated as selected, `(batch, num_styles, style_dim)`."""
        return in_batches(lambda part: self._mapped(latents[part]).numpy(), len(latents), "styles")

    def images_of_styles(self, styles, count):
        """uint8 images, `(count, height, width, channels)`, of styles that are made batch by batch.

        Args:
            styles: callable. A slice of the `count` rows -> float32 styles, `(batch, num_styles,
                style_dim)`.
            count: int.
        """
        from keras_gans import images

        pixels = in_batches(lambda part: images.unit_to_uint8(self._synthesized(styles(part))), count)
        return images.enlarge(pixels, self.scale)

    def _unit(self, latents):
        if self.styled:
            return self._synthesized(self._mapped(latents))
        outputs = self.loaded.signatures[self.signature](z=latents, **self.others)
        return outputs[self.signature].numpy()

    def _mapped(self, latents):
        return self.loaded.signatures["mapping"](z=latents, **self.others)["mapping"]

    def _synthesized(self, styles):
        import tensorflow as tf

        name, w, others = "synthesis", tf.convert_to_tensor(styles), {}
        if self.noise is not None:
            name, strength = "synthesis_with_noise", float(self.noise != 0)
            [seed] = self.noise or (0,)
            others = {
                "seeds": tf.fill([len(w)], tf.constant(seed, "int64")),
                "strength": tf.constant(strength),
            }
        return self.loaded.signatures[name](w=w, **others)[name].numpy()


def only_styles_are_truncated(inputs, signatures):
    """Whether a truncated image needs `mapping` and `synthesis`.

    Args:
        inputs: names of the inputs of the signature that makes images of latents.
        signatures: dict, name -> function.
    """
    if "truncation" in inputs or not {"mapping", "synthesis"} <= set(signatures):
        return False
    return "truncation" in signatures["mapping"].structured_input_signature[1]


def in_batches(make, count, what="images"):
    """Concatenates what `make(slice)` makes of each small batch of `count` rows, with progress."""
    import numpy as np

    parts = []
    for start in range(0, count, BATCH):
        stop = min(start + BATCH, count)
        parts.append(make(slice(start, stop)))
        progress(stop, count, what)
    return np.concatenate(parts)


def class_index(label, names, num_classes, flag="--class"):
    """Returns the number of a class given by name or number, or says what `flag` may be."""
    allowed = f"a number from 0 to {num_classes - 1}"
    if names:
        allowed += f" or one of {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
    if label is None:
        raise ValueError(f"this model has classes: pass {flag}, {allowed}")
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < num_classes:
        return int(label)
    raise ValueError(f"{flag} must be {allowed}. Received: {label!r}")


def progress(done, total, what="images"):
    """Counts on the terminal; silent where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r{what} {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
