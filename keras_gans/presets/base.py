"""What a preset is: one shape for all families."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import keras

from keras_gans import losses, training
from keras_gans.images import Channels, channel_count
from keras_gans.presets.optimizers import Optimizer, Updates
from keras_gans.presets.typed import Checked, check_names, hints
from keras_gans.resolution import Resolution, at_level, level_of, levels, pair, plain, text
from keras_gans.serialization import parameters_of

OWN = "this project, for two CPU cores"  # the source of the embedded presets
NO_AVERAGE = training.ExponentialMovingAverage(decay=0.0)
SHORT_AVERAGE = training.ExponentialMovingAverage(half_life=10_000, ramp_up=0.05)
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
AnyPreset = TypeVar("AnyPreset", bound="Preset")


def configured(name: str, **config: Any) -> dict[str, Any]:
    """Returns an object of this package as Keras writes it to JSON."""
    return {
        "class_name": name,
        "config": config,
        "module": None,
        "registered_name": f"keras_gans>{name}",
    }


@dataclass(frozen=True, kw_only=True)
class Data(Checked):
    """The images that a preset is for.

    Attributes:
        spec: str. As `--data` takes it: "emoji", "tfds:cifar10". `None` where whoever trains must name it.
        kind: str. What a batch holds: "images"; "aligned" or "unpaired" pairs of images; images of several
            "domains"; or these with "references", as StarGAN v2 needs them.
        hint: str. What to name where `spec` is `None`.
        flip: bool. Whether half of the images are mirrored.
        jitter: float. Pairs are enlarged by this factor and cut at random places; 1 means not.
        conditional: bool. Whether the networks see class labels.
        domains: "styles" or "tones", what the domains of the embedded set are; or a sequence of str, the
            names that the domains have. `None` for other kinds.
        crop: "center" or `None`. How images become square.
        channels: "rgb" or "grey". What networks of single images see and make.
    """

    added: ClassVar[tuple[str, ...]] = ("channels",)

    spec: str | None
    kind: Literal["images", "aligned", "unpaired", "domains", "references"] = "images"
    hint: str = ""
    flip: bool = True
    jitter: float = 1.0
    conditional: bool = False
    domains: str | tuple[str, ...] | None = None
    crop: Literal["center"] | None = None
    channels: Channels = "rgb"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels != "rgb" and self.kind != "images":
            raise ValueError(
                f'`channels` must be "rgb" where networks translate images ({self.kind}); only models of '
                f"single images take others. Received: {self.channels!r}"
            )


LSUN_64 = Data(spec=None, hint="a folder of LSUN bedrooms at 64 px, which `keras-gans prepare` makes")


def embedded(spec: str = "emoji", **data: Any) -> dict[str, Any]:
    """Returns the fields that presets of the embedded images share: data, average and source.

    Args:
        spec: str. As in `Data`.
        **data: other arguments of `Data`.
    """
    return {"data": Data(spec=spec, **data), "average": SHORT_AVERAGE, "source": OWN}


CIFAR10 = {"data": Data(spec="tfds:cifar10", conditional=True), "num_classes": 10}
IMAGENET = {"data": Data(spec="tfds:imagenet2012", conditional=True), "num_classes": 1000}


@dataclass(frozen=True, kw_only=True)
class Score(Checked):
    """A published score.

    Attributes:
        metric: str. "FID", "inception score".
        value: float.
        note: str. How it was measured, where that is special.
    """

    metric: str
    value: float
    note: str = ""

    def __str__(self) -> str:
        return f"{self.metric} {self.value:g}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, kw_only=True)
class Preset(Checked):
    """Networks, losses, optimizers, length and origin of a training. It reads no file and draws no number.

    The weight of a loss term stands in the term, in all families.

    Attributes:
        name: str. `<model>_<data>_<resolution>`; also the folder of its export under `savedmodels/`.
        model: str. The model, as `keras-gans train` takes it.
        title: str. The model in words.
        paper: str. Its address.
        section: str. Where in the paper the configuration stands; empty where it is this project's.
        source: str. What else is to be said of the configuration.
        resolution: int, or (height, width). Size of the images in pixels, a power of two or another size that
            `keras_gans.resolution` has levels for; of diffusion models what their network can halve.
        networks: dict of str to dict. For each role a network as Keras writes it (`configured`), without
            resolution, channels and classes, which are added when it is built. Roles are the trainer's
            arguments.
        adversarial_loss: `keras_gans.losses.AdversarialLoss`, or `None` where there is no adversary.
        discriminator_terms: sequence of `keras_gans.losses.Term`, with their weights.
        generator_terms: likewise.
        discriminator_steps: int. Updates of the discriminator for one of the generator, each on images of its
            own: a batch of the data holds the images of all of them.
        optimizers: dict of str to `Optimizer`. For each player of the trainer.
        images: int. Images shown in the whole run, to all replicas. `None`, of growing networks only: as many
            as their phases have.
        batch_sizes: dict of int to int. Images of a step over all replicas, by resolution or its level; one
            that is not listed takes the value of the largest that is.
        learning_rates: dict of int to float. The generator's, likewise.
        average: `keras_gans.training.ExponentialMovingAverage` of the networks that are shown and exported; a
            decay of 0 where the paper has none.
        data: `Data`.
        precision: str. Of the blocks; losses and outputs are always float32.
        parameters: dict of str to int. Trainable parameters of each role.
        num_classes: int. Classes of the data that `parameters` counts for; 0 without labels.
        scores: sequence of `Score`. The paper's.
    """

    shorthands: ClassVar[tuple[str, ...]] = ()  # what `replace` takes besides the fields
    trainer_class: ClassVar[type[training.Trainer]] = training.LatentGAN
    trainer_fields: ClassVar[tuple[str, ...]] = ()  # fields that the trainer takes by their name
    any_shape: ClassVar[bool] = True  # whether networks take sizes besides powers of two
    first_stage: ClassVar["Preset | None"] = None  # what is trained before, where there is such a thing

    name: str
    model: str
    title: str
    paper: str
    section: str = ""
    source: str = ""
    resolution: Resolution
    networks: dict[str, dict[str, Any]]
    adversarial_loss: losses.AdversarialLoss | None = None
    discriminator_terms: tuple[losses.Term, ...] = ()
    generator_terms: tuple[losses.Term, ...] = ()
    discriminator_steps: int = 1
    optimizers: dict[str, Optimizer]
    images: int | None
    batch_sizes: dict[int, int]
    learning_rates: dict[int, float]
    average: training.ExponentialMovingAverage
    data: Data
    precision: Precision = "float32"
    parameters: dict[str, int] = field(default_factory=dict)
    num_classes: int = 0
    scores: tuple[Score, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "resolution", plain(self.resolution))
        self.check_resolution()
        if self.images is not None and self.images < 1:
            raise ValueError(f"`images` must be at least 1. Received: {self.images}")

    def check_resolution(self) -> None:
        """Raises ValueError if the networks have no such resolution."""
        if self.any_shape and self.data.kind == "images":
            levels(self.resolution)
        elif not isinstance(self.resolution, int) or self.resolution < 8 or self.resolution.bit_count() > 1:
            raise ValueError(f"`resolution` must be a power of two from 8. Received: {text(self.resolution)}")

    def __str__(self) -> str:
        width = max(len(name) for name in hints(type(self)))
        lines = []
        for name in hints(type(self)):
            for number, line in enumerate(_lines(getattr(self, name))):
                lines.append(f"{'' if number else name:<{width}}  {line}")
        return "\n".join(lines)

    # === Changes ===

    def replace(self: AnyPreset, **changes: Any) -> AnyPreset:
        """Returns a copy with other values in some fields.

        Another number of `images` stretches weights that change over the run in proportion.

        Args:
            **changes: fields of the preset.

        Raises:
            ValueError: if there is no such field, with the names that there are; or if a value has not the
            field's type.

        Example:
        ```python
        keras_gans.presets.get("dcgan_emoji_32").replace(images=50_000, precision="mixed_bfloat16")
        ```
        """
        allowed = [*hints(type(self)), *self.shorthands]
        check_names(changes, allowed, f"The preset {self.name} has no field")
        if isinstance(changes.get("images"), int) and self.images:
            for side in ("discriminator_terms", "generator_terms"):
                terms = changes.get(side, getattr(self, side))
                changes[side] = tuple(_stretched(term, changes["images"] / self.images) for term in terms)
        return super().replace(**changes)

    def replace_network(self: AnyPreset, role: str, **arguments: Any) -> AnyPreset:
        """Returns a copy whose network of that role gets other arguments.

        Args:
            role: str. One of `networks`.
            **arguments: arguments of the network's constructor.

        Raises:
            ValueError: if there is no such role, or the network takes no such argument.

        Example:
        ```python
        keras_gans.presets.get("dcgan_emoji_32").replace_network("generator", latent_dim=64)
        ```
        """
        check_names([role], self.networks, f"The preset {self.name} has no network")
        entry = self.networks[role]
        taken = parameters_of(keras.saving.get_registered_object(entry["registered_name"]))
        check_names(arguments, taken, f"{entry['class_name']} takes no argument")
        entry = {**entry, "config": {**entry["config"], **arguments}}
        return self.replace(networks={**self.networks, role: entry})

    # === Building ===

    def shape(self, num_classes: int) -> dict[str, Any]:
        """Returns what networks take from the run, each as far as its constructor has such an argument.

        A network whose argument is `None` by default, such as one of images of any size, keeps it.
        """
        shape = {"resolution": self.resolution, "num_classes": num_classes}
        # What translates sees pairs joined, or other channels on its two sides: its preset says how many.
        return (
            {**shape, "channels": channel_count(self.data.channels)} if self.data.kind == "images" else shape
        )

    def shape_of(self, role: str, num_classes: int) -> dict[str, Any]:
        """Returns `shape`, as far as the network of a role takes another one."""
        return self.shape(num_classes)

    def build_networks(self, num_classes: int = 0) -> dict[str, keras.Model]:
        """Returns new networks.

        Their weights are drawn with Keras' global seed: `keras.utils.set_random_seed(0)` fixes them.

        Args:
            num_classes: int. Classes of the data; 0 means without labels.

        Returns:
            dict of str to `keras.Model`, by role.
        """
        networks = {}
        with precision_scope(self.precision):
            for role, entry in self.networks.items():
                shape = self.shape_of(role, num_classes)
                taken = parameters_of(keras.saving.get_registered_object(entry["registered_name"]))
                wanted = [name for name in shape if name in taken and taken[name].default is not None]
                config = {**entry["config"], **{name: shape[name] for name in wanted}}
                entry = {**entry, "config": {**config, "name": role}}
                networks[role] = keras.saving.deserialize_keras_object(entry)
        return networks

    def build_trainer(self, num_classes: int = 0, seed: int = 0) -> training.Trainer:
        """Returns a new trainer with new networks, compiled and ready for `fit`.

        A trainer of growing networks is in its first phase; `build_plan` has the others.

        Args:
            num_classes: int. Classes of the data; 0 means without labels.
            seed: int. Of the random numbers of the training steps. Weights are drawn with Keras' global seed.

        Example:
        ```python
        trainer = keras_gans.presets.get("dcgan_emoji_32").build_trainer()
        trainer.fit(batches, steps_per_epoch=1000)  # dicts with "images", (64, 32, 32, 3), in [-1, 1]
        ```
        """
        trainer = self.make_trainer(num_classes=num_classes, seed=seed)
        phase = self.build_plan().phases[0]
        with precision_scope(self.precision):
            trainer.begin_phase(phase)
            trainer.compile(**self.build_optimizers(trainer, phase.learning_rate), jit_compile="auto")
        return trainer

    def make_trainer(self, *, num_classes: int = 0, seed: int = 0) -> training.Trainer:
        """Returns a new trainer with new networks, without phase and optimizers."""
        networks = self.build_networks(num_classes)
        with precision_scope(self.precision):
            return self.trainer_class(
                **networks, average=self.average, seed=seed, **self.options(num_classes)
            )

    def options(self, num_classes: int) -> dict[str, Any]:
        """Returns the arguments of the trainer besides its networks, `average` and `seed`."""
        return {
            "adversarial_loss": self.adversarial_loss,
            "discriminator_terms": self.discriminator_terms,
            "generator_terms": self.generator_terms,
            "discriminator_steps": self.discriminator_steps,
            **{name: getattr(self, name) for name in self.trainer_fields},
        }

    def build_plan(self) -> training.Plan:
        """Returns the phases of the run."""
        return training.ConstantPlan(
            resolution=self.resolution,
            images=self.images,
            batch_size=value_at(self.batch_sizes, self.resolution),
            learning_rate=value_at(self.learning_rates, self.resolution),
        )

    def extended_to(self: AnyPreset, images: int) -> AnyPreset:
        """Returns a copy with a longer run, in which what is over already stays as it was.

        Rates and weights that change over the run are stretched to the new length, as if it had been that
        long from its first image.

        Args:
            images: int. Images of the whole run, more than `total_images`.
        """
        return self.replace(images=images)

    @property
    def total_images(self) -> int:
        """Images shown in all phases together, each a whole number of steps."""
        return self.build_plan().total_images

    def build_optimizers(
        self, trainer: training.Trainer, learning_rate: float
    ) -> dict[str, keras.optimizers.Optimizer]:
        """Returns new optimizers as the trainer's `compile` takes them.

        Args:
            trainer: `keras_gans.training.Trainer`.
            learning_rate: float. Of the phase.
        """
        return {
            player.optimizer: self.build_optimizer(player.name, learning_rate) for player in trainer.players()
        }

    def build_optimizer(self, player: str, learning_rate: float) -> keras.optimizers.Optimizer:
        """Returns a new optimizer of a player.

        Args:
            player: str. One of `optimizers`.
            learning_rate: float. Of the phase, the generator's.
        """
        terms = {"discriminator": self.discriminator_terms, "generator": self.generator_terms}
        per_step = self.discriminator_steps if player == "discriminator" else 1
        images = self.total_images if self.images is None else self.images
        updates = Updates(
            learning_rate=learning_rate,
            total=images / value_at(self.batch_sizes, self.resolution) * per_step,
            per_step=per_step,
            interval=max((term.interval for term in terms.get(player, ())), default=1),
        )
        return self.optimizers[player].build(updates)


@dataclass(frozen=True, kw_only=True)
class GrowingPreset(Preset):
    """A preset of networks that grow: the length is that of their phases.

    Attributes:
        images: int. Images of the whole run, to which all phases are stretched or shortened. `None` means as
            they stand.
        first_resolution: int. Level of the first phase: height and width of square images.
        fade_images: int. Images over which a new resolution fades in.
        stable_images: int. Images shown at every resolution afterwards.
        final_images: int. Images shown at the last resolution; `None` means `stable_images`.
        extra_images: int. Images shown at the last resolution besides these, of a run that was extended.
    """

    added: ClassVar[tuple[str, ...]] = ("extra_images",)

    images: int | None = None
    first_resolution: int = 4
    fade_images: int
    stable_images: int
    final_images: int | None = None
    extra_images: int = 0

    def build_plan(self) -> training.Plan:
        """Returns the phases of the run."""
        sizes = [size for size in levels(self.resolution) if size >= self.first_resolution]
        plan = training.GrowthPlan(
            resolutions=[at_level(self.resolution, size) for size in sizes],
            fade_images=self.fade_images,
            stable_images=self.stable_images,
            final_images=self.final_images,
            batch_sizes={size: value_at(self.batch_sizes, size) for size in sizes},
            learning_rates={size: value_at(self.learning_rates, size) for size in sizes},
        )
        if self.images is not None:
            plan.scale = self.images / plan.total_images
        plan.extra_images = self.extra_images
        return plan

    def extended_to(self: AnyPreset, images: int) -> AnyPreset:
        """Returns a copy whose last phase is longer; the phases before it stay as they are.

        Args:
            images: int. Images of the whole run, more than `total_images`.
        """
        return self.replace(extra_images=self.extra_images + images - self.total_images)


def check_halving(resolution: Resolution, multipliers: Any, *, square: bool = True) -> None:
    """Raises a ValueError if a network cannot halve a resolution once for each level but the first.

    Args:
        resolution: int, or (height, width).
        multipliers: sequence with an entry for each level.
        square: bool. Whether height and width must be equal.
    """
    factor = 2 ** (len(multipliers) - 1)
    sides = pair(resolution)
    if min(sides) < 8 or any(side % factor for side in sides) or (square and sides[0] != sides[1]):
        raise ValueError(
            f"`resolution` must be a multiple of {factor} from 8, as there are {len(multipliers)} levels"
            f"{'' if square else ', or two of them as height and width'}. Received: {text(resolution)}"
        )


def resolution_of(name: str) -> int:
    """Returns the resolution in which the name of a preset ends."""
    return int(name.rpartition("_")[2])


def one_resolution(
    name: str, *, batch_size: int, learning_rate: float, steps: int, discriminator_steps: int = 1
) -> dict[str, Any]:
    """Returns the name of a preset, and the fields of one that is trained at one resolution throughout.

    Args:
        name: str. It ends in the resolution.
        batch_size: int. Images of one update, over all replicas.
        learning_rate: float. The generator's.
        steps: int. Updates of the generator.
        discriminator_steps: int. Updates of the discriminator for one of the generator.
    """
    resolution = resolution_of(name)
    batch_size *= discriminator_steps
    return {
        "name": name,
        "resolution": resolution,
        "images": steps * batch_size,
        "batch_sizes": {resolution: batch_size},
        "learning_rates": {resolution: learning_rate},
        "discriminator_steps": discriminator_steps,
    }


def origin(model: str, title: str, paper: str) -> dict[str, str]:
    """Returns the fields of a preset that say where it comes from.

    Args:
        model: str. The model's name in commands.
        title: str. The model's name for people.
        paper: str. Its number on arXiv, such as "1511.06434".
    """
    return {"model": model, "title": title, "paper": f"https://arxiv.org/abs/{paper}"}


def players(generator: Any, discriminator: Any) -> dict[str, Any]:
    """Returns what a generator and a discriminator each have, such as their parameters, by role."""
    return {"generator": generator, "discriminator": discriminator}


def value_at(values: Mapping[int, Any], resolution: Resolution) -> Any:
    """Returns the value of a resolution or its level, or that of the largest one where neither is listed."""
    exact = isinstance(resolution, int) and resolution in values
    return values.get(resolution if exact else level_of(resolution), values[max(values)])


@contextlib.contextmanager
def precision_scope(policy: str) -> Iterator[None]:
    """Makes a policy Keras' global one for a while, because layers take theirs from there."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _stretched(term: losses.Term, factor: float) -> losses.Term:
    """A term whose weight takes `factor` times as many images to change."""
    if not isinstance(term.weight, losses.ChangingWeight):
        return term
    return type(term)(**{**term.arguments, "weight": term.weight.scaled(factor)})


def _lines(value: Any) -> list[str]:
    """A field's value for people: a line for each entry of what is a dict or a sequence."""
    if isinstance(value, dict) and "class_name" not in value:
        return [f"{key}: {_text(entry)}" for key, entry in value.items()] or ["-"]
    if isinstance(value, tuple):
        return [_text(item) for item in value] or ["-"]
    return [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, dict):  # an object as Keras writes it
        arguments = ", ".join(f"{name}={_text(item)}" for name, item in value["config"].items())
        return f"{value['class_name']}({arguments})"
    return "-" if value is None or value == "" else str(value)
