"""What `evaluate` judges: an exported generator or any TF-Hub module like it, or a folder of images."""

import dataclasses
from pathlib import Path

import numpy as np

from keras_gans.cli.generator import class_index, only_styles_are_truncated


def open_samples(options):
    """Opens what the option `directory` names.

    Args:
        options: the parsed options `directory`, `seed`, `truncation`, `label`, `guidance`, `signed` and
            `crop`.

    Returns:
        `ExportedSamples` or `FolderSamples`.

    Raises:
        FileNotFoundError: it is neither an export nor a folder of images.
        ValueError: options that do not fit it.
    """
    from keras_gans.export import loader

    try:
        directory = loader.find(options.directory)
    except FileNotFoundError as error:
        if not Path(options.directory).exists():
            raise
        return FolderSamples(options, error)
    return ExportedSamples(directory, options)


class FolderSamples:
    """Images of a folder or a zip file, as the generated side.

    Args:
        options: as for `open_samples`.
        reason: why it is no export, for the message.
    """

    def __init__(self, options, reason):
        from keras_gans import data, metrics

        for name in ("truncation", "label", "guidance", "signed"):
            if getattr(options, name) not in (None, False):
                flag = "--class" if name == "label" else f"--{name}"
                raise ValueError(f"{flag} is for exported generators, and {options.directory} is none")
        source = data.open_source(options.directory, crop=options.crop)
        if not len(source):
            raise FileNotFoundError(f"{reason} Nor are there images.")
        self.resolution = min(source.read(0).shape[:2])
        self.data = data.load(source, self.resolution)
        labels = None if self.data.labels is None else self.data.labels.__getitem__
        self.images = metrics.Images(self.data.take, len(self.data), labels)
        self.spaces, self.num_classes = {}, 0

    def read_scores(self):
        """Raises ValueError: there is no card."""
        raise ValueError("--update-card needs an export, which has a card; a folder of images has none")


class ExportedSamples:
    """Images of an exported generator, number for number the same for the same seed.

    Latents come from the signature `latents`, called with the seeds `seed * 2**32 + number`, or, where there
    is none, are normally distributed. Classes are drawn uniformly, or as `follow` says.

    Args:
        directory: path of the SavedModel.
        options: as for `open_samples`.

    Attributes:
        images: `keras_gans.metrics.Images`, without end.
        spaces: dict, "z" and, with the signatures `mapping` and `synthesis`, "w" -> `LatentSpace`.
        resolution: int. Height and width of the images.
    """

    def __init__(self, directory, options):
        from keras_gans import metrics
        from keras_gans.export import card, loader

        self.directory, self.options = directory, options
        self.loaded = loader.load(directory)
        self.card = card.read(directory) if (directory / card.FILE).is_file() else None
        self.guided = options.label is not None and "guided" in self.loaded.signatures
        if options.guidance is not None and not self.guided:
            raise ValueError(
                "--guidance goes with --class and an export that was trained with labels withheld. "
                f"Received: --guidance {options.guidance}"
            )
        self.default = self._signature("guided" if self.guided else "default")
        self.inputs = self._inputs(self.default)
        self.latent_name = "z" if "z" in self.inputs or len(self.inputs) > 1 else next(iter(self.inputs))
        known = {"labels", "guidance"} if self.guided else {"y", "truncation"}
        unknown = self.inputs.keys() - known - {self.latent_name}
        if unknown or self.latent_name not in self.inputs:
            raise ValueError(
                f"A generator takes latents z, and may take y and truncation. {directory} takes "
                f"{sorted(self.inputs)}"
            )
        self.shape = self._shape(self.latent_name)
        self.num_classes = self._num_classes()
        self.frequencies = None
        self.label = self._label()
        self.threshold, self.styled = None, False
        if options.truncation is not None:
            self.styled = only_styles_are_truncated(self.inputs, self.loaded.signatures)
        if options.truncation is not None and not self.styled and "truncation" not in self.inputs:
            self.threshold = options.truncation
            print(f"No input `truncation`: latents are confined to [-{self.threshold}, {self.threshold}].")
        labels = self.labels if self.num_classes else None
        note = "classes drawn uniformly" if labels and self.label is None else ""
        self.images = metrics.Images(self.take, None, labels, note=note)
        self.spaces = {"z": metrics.LatentSpace(self._latent_ends, self._from_latents)}
        if {"mapping", "synthesis"} <= set(self.loaded.signatures):
            self.spaces["w"] = metrics.LatentSpace(self._style_ends, self._from_styles)
        first = self.take(np.arange(1))
        if first.shape[1] != first.shape[2]:
            raise ValueError(f"Images must be square. {directory} gives {first.shape[2]}x{first.shape[1]}")
        self.resolution = first.shape[1]

    def follow(self, reference):
        """Draws classes as often as they occur in a reference, where it has the same ones.

        Args:
            reference: `keras_gans.metrics.Images`.
        """
        names = self.card["class_names"] if self.card else []
        frequencies = reference.class_frequencies()
        if self.label is not None or frequencies is None or len(frequencies) != self.num_classes:
            return
        if names and list(names) != list(reference.class_names):
            return
        self.frequencies = frequencies
        self.images = dataclasses.replace(self.images, note="classes drawn as often as the data has them")

    def take(self, numbers):
        """uint8 images, `(n, height, width, channels)`, of these numbers."""
        from keras_gans import images

        return images.unit_to_uint8(self._generate(self.latents(numbers), numbers))

    def labels(self, numbers):
        """Classes of these numbers: int array, `(n,)`."""
        if self.label is not None:
            return np.full(len(numbers), self.label)
        random, size = np.random.default_rng([self.options.seed, 1]), int(numbers.max()) + 1
        if self.frequencies is None:
            return random.integers(self.num_classes, size=size)[numbers]
        # Of all images of the data one, by its place where they are sorted by class.
        places = random.random(size)[numbers] * self.frequencies.sum()
        return np.searchsorted(np.cumsum(self.frequencies), places, side="right")

    def latents(self, numbers):
        """float32 latents of these numbers."""
        import tensorflow as tf

        from keras_gans import latent, random

        numbers = tf.constant(numbers, "int64")
        seed = self.options.seed
        if "latents" in self.loaded.signatures:
            function = self.loaded.signatures["latents"]
            others = self._others(self._inputs(function), numbers)
            [latents] = function(seeds=numbers + seed * 2**32, **others).values()
        else:
            latents = random.counter_normal(tf.fill(tf.shape(numbers), np.int64(seed)), numbers, self.shape)
        return latents if self.threshold is None else latent.truncate(latents, self.threshold)

    def read_scores(self):
        """Returns the scores on the card of the export: dict. Raises ValueError without a card."""
        from keras_gans.export import card

        if self.card is None:
            raise ValueError(
                f"--update-card needs an export with a card, and {self.directory} has no {card.FILE}. "
                "--json keeps the scores of any module"
            )
        return card.read(self.directory)["metrics"]

    def default_data(self):
        """Returns the data that the preset of the export names, `None` without such a preset."""
        from keras_gans import presets

        try:
            return presets.get_preset(self.card["preset"])["data"]
        except ValueError:
            return None

    def write_scores(self, scores):
        """Writes the scores, a dict, on the card of the export."""
        from keras_gans.export import card

        card.update(self.directory, metrics=scores)

    def _generate(self, latents, numbers):
        """Images in `[0, 1]`, float."""
        if self.styled:
            return self._synthesized(self._mapped(latents, numbers))
        inputs = {self.latent_name: latents, **self._others(self.inputs, numbers)}
        return self._unit(self.default(**inputs))

    def _others(self, names, numbers):
        """The inputs other than latents: classes, truncation and guidance."""
        import tensorflow as tf

        others = {}
        if "y" in names:
            others["y"] = tf.one_hot(self.labels(numbers), self.num_classes)
        if "truncation" in names:
            level = self.options.truncation
            others["truncation"] = tf.constant(1.0 if level is None else level, "float32")
        if self.guided and "labels" in names:
            guidance = 2.0 if self.options.guidance is None else self.options.guidance
            others["labels"] = tf.constant(self.labels(numbers), "int32")
            others["guidance"] = tf.constant(guidance, "float32")
        return others

    def _unit(self, outputs):
        from keras_gans.metrics.collection import check_generated

        if len(outputs) != 1:
            raise ValueError(f"A generator has one output. {self.directory} has {sorted(outputs)}")
        [images] = [np.asarray(value) for value in outputs.values()]
        if images.ndim != 4 or images.shape[-1] not in (1, 3):
            raise ValueError(
                "A generator gives images (batch, height, width, 1 or 3). "
                f"{self.directory} gives {images.shape}"
            )
        if self.options.signed:
            advice = "Scale them in its signature `default`"
            images = check_generated(images, self.directory, value_range=(-1.0, 1.0), advice=advice)
            return images * 0.5 + 0.5
        advice = "If they lie in [-1, 1], pass --signed; otherwise scale them in its signature `default`"
        return check_generated(images, self.directory, advice=advice)

    def _pixels(self, images):
        return np.clip(images, 0.0, 1.0) * 255.0

    def _latent_ends(self, numbers):
        return np.asarray(self.latents(numbers)).reshape(len(numbers), -1)

    def _from_latents(self, latents, paths):
        return self._pixels(self._generate(latents.reshape(-1, *self.shape), paths))

    def _style_ends(self, numbers):
        # Both ends of a path have one class.
        styles = self._mapped(self.latents(numbers), numbers // 2)
        self._style_shape = styles.shape[1:]
        return np.asarray(styles).reshape(len(numbers), -1)

    def _from_styles(self, styles, paths):
        return self._pixels(self._synthesized(styles.reshape(-1, *self._style_shape)))

    def _mapped(self, latents, numbers):
        mapping = self._signature("mapping")
        [styles] = mapping(z=latents, **self._others(self._inputs(mapping), numbers)).values()
        return styles

    def _synthesized(self, styles):
        synthesis = self._signature("synthesis")
        [name] = self._inputs(synthesis)
        return self._unit(synthesis(**{name: styles}))

    def _signature(self, name):
        if name not in self.loaded.signatures:
            offered = sorted(self.loaded.signatures)
            raise ValueError(f"{self.directory} has the signatures {offered}; this command needs {name}")
        return self.loaded.signatures[name]

    def _inputs(self, signature):
        return signature.structured_input_signature[1]

    def _shape(self, name):
        """Shape of one row of an input: from the card, else from the signature."""
        if self.card is not None:
            return tuple(self.card["signatures"]["default"]["inputs"][name]["shape"][1:])
        shape = self.inputs[name].shape
        if shape.rank is None or None in shape[1:]:
            raise ValueError(f"The shape of the input {name} of {self.directory} is not fixed: {shape}")
        return tuple(shape[1:])

    def _num_classes(self):
        if "y" in self.inputs:
            return self._shape("y")[-1]
        if not self.guided:
            return 0
        if self.card is None:
            raise ValueError(f"--class needs a card with the number of classes. {self.directory} has none")
        return self.card["signatures"]["guided"]["inputs"]["labels"]["limits"][1] + 1

    def _label(self):
        if self.options.label is None:
            return None
        if not self.num_classes:
            raise ValueError(f"{self.directory} has no classes. Received: --class {self.options.label}")
        names = [] if self.card is None else self.card["class_names"]
        return class_index(self.options.label, names, self.num_classes)
