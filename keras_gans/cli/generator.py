"""An exported generator as `generate` and `interpolate` use it."""

import sys

from keras_gans.cli.arguments import positive

BATCH = 16


def add_options(parser):
    """Adds the options that `Generator` reads."""
    parser.add_argument("directory", metavar="DIR", help="an exported generator")
    parser.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="less variety for fewer failures. Goes to the export's own input `truncation`, in "
        "(0, 1], if it has one; otherwise latents are confined to [-T, T]",
    )
    parser.add_argument(
        "--scale", type=positive, default=1, metavar="N", help="show every pixel N x N times (default: 1)"
    )
    parser.add_argument("--class", dest="label", metavar="NAME", help="class, by name or by number from 0")
    parser.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help="with --class, of a diffusion model: 1 follows the class, more does so more strongly "
        "(default: 2)",
    )


class Generator:
    """An export, used as the options say.

    Args:
        options: the parsed options `directory`, `truncation`, `label`, `guidance` and `scale`.
    """

    def __init__(self, options):
        import tensorflow as tf

        from keras_gans.export import card, loader

        directory = loader.find(options.directory)
        self.loaded = loader.load(directory)
        missing = [name for name in ("default", "latents") if name not in self.loaded.signatures]
        if missing:
            raise ValueError(
                f"{directory} has the signatures {sorted(self.loaded.signatures)}; "
                f"this command needs {' and '.join(missing)} as well"
            )
        inputs = self.loaded.signatures["default"].structured_input_signature[1]
        self.content = content = card.read(directory)
        self.signature, self.threshold, self.others, self.scale = "default", None, {}, options.scale
        if "truncation" in inputs:
            level = 1.0 if options.truncation is None else options.truncation
            self.others["truncation"] = tf.constant(level, "float32")
        elif options.truncation is not None:
            self.threshold = options.truncation
            span = f"[-{self.threshold}, {self.threshold}]"
            print(f"No input `truncation`: latents are confined to {span}.")
        if "y" in inputs:
            num_classes = content["signatures"]["default"]["inputs"]["y"]["shape"][-1]
            index = class_index(options.label, content["class_names"], num_classes)
            self.others["y"] = tf.one_hot(index, num_classes)
        elif "guided" in self.loaded.signatures:
            if options.label is not None:
                self.signature = "guided"
                self.others = self._guided(options)
        elif options.label is not None:
            raise ValueError(f"{directory} has no classes. Received: --class {options.label}")
        if options.guidance is not None and self.signature != "guided":
            raise ValueError(
                "--guidance goes with --class and an export that was trained with labels withheld. "
                f"Received: --guidance {options.guidance}"
            )

    def _guided(self, options):
        """Class and strength of guidance of the signature `guided`."""
        import tensorflow as tf

        most = self.content["signatures"]["guided"]["inputs"]["labels"]["limits"][1]
        index = class_index(options.label, self.content["class_names"], most + 1)
        guidance = 2.0 if options.guidance is None else options.guidance
        return {"labels": tf.constant([index], "int32"), "guidance": tf.constant(guidance, "float32")}

    def condition(self):
        """What `denoise` takes besides image and timestep: nothing, or label and guidance."""
        import tensorflow as tf

        if "guided" not in self.loaded.signatures:
            return {}
        return self.others or {"labels": tf.constant([-1], "int32"), "guidance": tf.constant(1.0)}

    def latents(self, seeds):
        """float32 latents, one for each seed."""
        import tensorflow as tf

        from keras_gans import latent

        latents = self.loaded.signatures["latents"](seeds=tf.constant(seeds, "int64"))["latents"]
        return latents if self.threshold is None else latent.truncate(latents, self.threshold)

    def images(self, latents):
        """uint8 images, `(batch, height, width, channels)`, made in small batches with progress."""
        from keras_gans import images

        return images.enlarge(images.unit_to_uint8(self.unit_images(latents)), self.scale)

    def unit_images(self, latents):
        """float32 images in `[0, 1]`, `(batch, height, width, channels)`, made likewise."""
        import numpy as np

        function, parts = self.loaded.signatures[self.signature], []
        for start in range(0, len(latents), BATCH):
            outputs = function(z=latents[start : start + BATCH], **self.others)
            parts.append(outputs[self.signature].numpy())
            progress(min(start + BATCH, len(latents)), len(latents))
        return np.concatenate(parts)


def class_index(label, names, num_classes):
    """Returns the number of a class given by name or number."""
    allowed = f"a number from 0 to {num_classes - 1}"
    if names:
        allowed += f" or one of {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
    if label is None:
        raise ValueError(f"this model has classes: pass --class, {allowed}")
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < num_classes:
        return int(label)
    raise ValueError(f"--class must be {allowed}. Received: {label!r}")


def progress(done, total, what="images"):
    """Counts on the terminal; silent where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r{what} {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
