"""Finds directions of the latent space of any generator: in closed form, or from labels of images."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_gans import hub, latent
from keras_gans.latent import attributes
from keras_gans.latent import directions as maths

SAMPLES = 4096  # latents that statistics of styles are taken over
FEATURES = 1000  # of which features, often thousands of numbers each, are taken
_STYLE_KERNEL = re.compile(r"^\d+x\d+_conv\d*_style/kernel")
_FIRST_KERNEL = re.compile(r"^(4x4_)?(dense(0|_\d+)?|linear)/kernel")


def principal_directions(
    model: hub.Generator, *, space: str | None = None, count: int = 16, num: int | None = None, seed: int = 0
) -> hub.Directions:
    """The principal components of styles, or the directions that move those of the first layer's features.

    Args:
        model: `keras_gans.hub.Generator`.
        space: str. "w", of a model with styles, or "z", whose first layer's weights must be known, as of
            `kernels_of`; `None` means w where there is one.
        count: int. How many directions.
        num: int. Latents that the statistics are taken over; `None` means 4096 in w, 1000 in z.
        seed: int. Of these.

    Returns:
        `keras_gans.hub.Directions`, with the fact "deviation" of each component.

    Raises:
        ValueError: a space that the model does not have, weights that cannot be identified, too many.

    Reference:
        [2004.02546](https://arxiv.org/abs/2004.02546), section 2.
    """
    space = space_of(model, space)
    rows = rows_of(model, space, num or (SAMPLES if space == "w" else FEATURES), seed)
    if space == "w":
        vectors, deviations = latent.principal_components(rows, count)
    else:
        [kernel] = kernels_of(model, space)
        vectors, deviations = latent.feature_directions(rows, rows @ kernel, count)
    return as_directions(model, space, "pca", vectors, rows, {"deviation": deviations.tolist()})


def singular_directions(
    model: hub.Generator,
    *,
    space: str | None = None,
    count: int = 16,
    layers: tuple[int, int] | None = None,
    kernels: Sequence[np.ndarray] | None = None,
) -> hub.Directions:
    """The singular vectors of the layers that take styles, or of the first dense layer (SeFa).

    Args:
        model: `keras_gans.hub.Generator`.
        space: as of `principal_directions`.
        count: int. How many directions.
        layers: (int, int). In w: the first and the last layer that count; `None` means all.
        kernels: sequence of float arrays `(dim, units)`. `None` means those that `kernels_of` finds.

    Returns:
        `keras_gans.hub.Directions`, with the fact "strength", the singular values.

    Raises:
        ValueError: weights that cannot be identified; the message says what is possible.

    Reference:
        [2007.06600](https://arxiv.org/abs/2007.06600), section 3.
    """
    space = space_of(model, space)
    if kernels is None:
        kernels = kernels_of(model, space)
    if layers is not None:
        maths.check_layers(layers, len(kernels) if space == "w" else 0)
        kernels = kernels[layers[0] : layers[1] + 1]
    vectors, strengths = latent.singular_directions(list(kernels), count)
    rows = rows_of(model, space, SAMPLES if space == "w" else 2, 0)
    return as_directions(model, space, "sefa", vectors, rows, {"strength": strengths.tolist()})


def kernels_of(model: hub.Generator, space: str) -> list[np.ndarray]:
    """Returns the weights that first multiply latents, or styles, of an export, known by their names.

    Args:
        model: `keras_gans.hub.Generator`. Exports of this package have these names.
        space: str. "z" or "w".

    Returns:
        list of float arrays `(dim, units)`: of the first dense layer, or of the affine layers of the
        convolutions from the coarsest.

    Raises:
        ValueError: none has such a name; the message lists the weights that take so many numbers.
    """
    width = rows_width(model, space)
    pattern = _STYLE_KERNEL if space == "w" else _FIRST_KERNEL
    found, wide = {}, []
    for variable in getattr(model.loaded, "variables", ()):
        name = variable.name.partition(":")[0]
        if variable.shape.rank == 2 and variable.shape[0] == width:
            wide.append(f"{name} {tuple(variable.shape)}")
            if pattern.match(name):
                found[name] = variable.numpy()
    if not found or (space == "z" and len(found) > 1):
        listed = f"It has {', '.join(wide[:8])}" if wide else "It names none that takes so many numbers"
        raise ValueError(
            f"The layer of {model.name} that takes the {width} numbers of {space} is not known by its name. "
            f"{listed}. Pass its weights as `kernels` from Python, or take another method: pca in w, normals "
            "and voynov need no weights"
        )
    return [found[name] for name in sorted(found, key=lambda n: [int(d) for d in re.findall(r"\d+", n)])]


def normal_directions(
    model: hub.Generator,
    labels: Mapping[str, tuple[Sequence[int], Sequence[int]]],
    *,
    space: str | None = None,
    conditional: bool = False,
    label: Any = None,
) -> hub.Directions:
    """The normals of the planes between latents whose images have a property and those that have not.

    Args:
        model: `keras_gans.hub.Generator`.
        labels: dict, name of a property -> the seeds whose images have it, and seeds whose have it not.
        space: as of `principal_directions`.
        conditional: bool. Whether each direction is made orthogonal to all others, so that it leaves their
            properties alone.
        label: class of the images, where the model has any.

    Returns:
        `keras_gans.hub.Directions`, with the facts "names" and "accuracy": how many of a third of the latents
        the plane between the others puts on their side.

    Raises:
        ValueError: a property without images of both kinds, or a direction that lies among the others.

    Reference:
        [1907.10786](https://arxiv.org/abs/1907.10786), sections 2.2 and 2.3.
    """
    space = space_of(model, space)
    vectors, accuracies = [], []
    for name, (having, lacking) in labels.items():
        if min(len(having), len(lacking)) < 3:
            raise ValueError(
                f"{name!r} needs 3 or more seeds of images that have it, and of others. Received: "
                f"{len(having)} and {len(lacking)}"
            )
        seeds = np.array([*having, *lacking], "int64")
        rows = rows_of_latents(model, space, model.latents(seeds), label)
        has = np.arange(len(seeds)) < len(having)
        held = np.random.default_rng(0).permutation(len(seeds)) % 3 == 0
        held &= _leaves_both(has, held)
        normal = latent.boundary_normal(rows[~held], has[~held])
        accuracies.append(maths.separation(rows[held], has[held], normal) if held.any() else float("nan"))
        vectors.append(latent.boundary_normal(rows, has))
    if conditional and len(vectors) > 1:
        vectors = [
            latent.conditional(one, [other for other in vectors if other is not one]) for one in vectors
        ]
    facts = {"names": list(labels), "accuracy": accuracies, "conditional": conditional}
    return as_directions(
        model, space, "normals", np.array(vectors), rows_of(model, space, SAMPLES, 0, label), facts
    )


def attribute_labels(
    model: hub.Generator, names: Sequence[str], *, num: int = 2000, label: Any = None, progress: Any = None
) -> dict[str, tuple[list[int], list[int]]]:
    """Returns the seeds of images that have most and least of attributes, as `normal_directions` takes them.

    Args:
        model: `keras_gans.hub.Generator`.
        names: sequence of str. Of `keras_gans.latent.attributes.ATTRIBUTES`.
        num: int. Images, of the seeds 0 to `num` - 1.
        label: class of the images, where the model has any.
        progress: callable, called with ("images", done, total); `None` means silence.

    Raises:
        ValueError: no such attribute.
    """
    for name in names:
        attributes.measure(name, np.zeros((1, 4, 4, 3)))
    images = model.generate(model.latents(np.arange(num)), label=label, batch_size=64, progress=progress)
    found = {name: attributes.extremes(attributes.measure(name, images)) for name in names}
    return {name: (most.tolist(), least.tolist()) for name, (most, least) in found.items()}


def space_of(model: hub.Generator, space: str | None) -> str:
    """Returns a space that a model has: `space`, or for `None` w where it has styles, else z."""
    spaces = ("w", "z") if model.style_shape is not None else ("z",)
    if len(model.latent_shape) != 1:
        raise ValueError(f"Directions are those of vectors. Latents of {model.name} are {model.latent_shape}")
    if space is None:
        return spaces[0]
    if space not in spaces:
        raise ValueError(f"`space` of {model.name} must be {' or '.join(spaces)}. Received: {space!r}")
    return space


def rows_width(model: hub.Generator, space: str) -> int:
    """The numbers of a latent, or of a style."""
    return model.style_shape[-1] if space == "w" else model.latent_shape[0]


def rows_of(model: hub.Generator, space: str, num: int, seed: int, label: Any = None) -> np.ndarray:
    """Random latents, or the styles of such, `(num, dim)`."""
    return rows_of_latents(model, space, model.random_latents(num, seed=seed), label)


def rows_of_latents(model: hub.Generator, space: str, latents: np.ndarray, label: Any) -> np.ndarray:
    """Latents as they are, or the style of each, `(n, dim)`."""
    return model.styles(latents, label=label, batch_size=256)[:, 0] if space == "w" else latents


def _leaves_both(has, held):
    """Whether both kinds are left on either side of a division."""
    return all(0 < has[part].sum() < part.sum() for part in (held, ~held))


def as_directions(model, space, method, vectors, rows, facts):
    """Returns `Directions` of unit vectors, each made as long as the space's standard deviation along it.

    Args:
        model: `keras_gans.hub.Generator`.
        space: str. "z" or "w".
        method: str.
        vectors: float array, `(count, dim)`.
        rows: float array, `(n, dim)`. Samples of the space; of z they do not matter.
        facts: dict, as of `Directions`.
    """
    if space == "w":
        covariance = np.cov(rows, rowvar=False)
        lengths = np.sqrt(np.einsum("ki,ij,kj->k", vectors, covariance, vectors))
        vectors = vectors * np.maximum(lengths, 1e-6)[:, None]
    return hub.Directions(model.name, space, method, vectors.astype("float32"), facts)
