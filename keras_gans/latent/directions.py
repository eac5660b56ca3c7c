"""Directions of a latent space: the mathematics of finding them, and of moving along them.

Everything here is NumPy, on arrays; `keras_gans.hub.Generator.edit` and `keras_gans.runs.find_directions`
apply it to models.
"""

import numpy as np

SMALLEST = 1e-6  # length of what is left of a unit vector that lies among others


def principal_components(samples, count=None):
    """The orthonormal directions in which samples vary most.

    Args:
        samples: float array, `(n, dim)`, such as styles of one layer.
        count: int. How many; `None` means all there are.

    Returns:
        float64 array `(count, dim)`, a unit vector a row, the most varying first; and float64 array
        `(count,)`, the standard deviation of the samples along each.

    Raises:
        ValueError: samples that are not finite, or fewer than 2; more components than numbers in a sample.

    Example:
    ```python
    styles = model.styles(model.latents(range(1000)))[:, 0]
    directions, deviations = keras_gans.latent.principal_components(styles, 10)
    ```

    Reference:
        [2004.02546](https://arxiv.org/abs/2004.02546), section 2: StyleGAN.
    """
    samples = read_rows(samples, "samples", least=2)
    count = _check_count(count, min(samples.shape))
    _, values, vectors = np.linalg.svd(samples - samples.mean(axis=0), full_matrices=False)
    return _upright(vectors[:count]), values[:count] / np.sqrt(len(samples) - 1)


def feature_directions(latents, features, count=None):
    """The directions of latents that move features along their principal components.

    Args:
        latents: float array, `(n, dim)`.
        features: float array, `(n, features)`, what the first layer makes of them.
        count: int, at most the smaller of both widths; `None` means that.

    Returns:
        float64 array `(count, dim)`, a unit vector a row: the solution of `min |X U - Z|`, X the features'
        coordinates, Z the latents, both without their means; and float64 array `(count,)`, the standard
        deviation of the features along each component.

    Raises:
        ValueError: as `principal_components`, or another number of features than of latents.

    Reference:
        [2004.02546](https://arxiv.org/abs/2004.02546), section 2: BigGAN, equation 2.
    """
    latents, features = read_rows(latents, "latents"), read_rows(features, "features", least=2)
    if len(latents) != len(features):
        raise ValueError(
            f"There must be as many `features` as `latents`. Received: {len(features)}, not {len(latents)}"
        )
    count = _check_count(count, min(latents.shape[1], features.shape[1]))
    components, deviations = principal_components(features, count)
    coordinates = (features - features.mean(axis=0)) @ components.T
    found = np.linalg.lstsq(coordinates, latents - latents.mean(axis=0), rcond=None)[0]
    return _upright(unit(found)), deviations


def singular_directions(kernels, count=None):
    """The directions that layers enlarge most: closed-form factorisation (SeFa).

    Args:
        kernels: float array `(dim, units)`, or a list of them: of the layers that take the latents first. The
            weights of every unit are divided by their length.
        count: int. How many; `None` means all there are.

    Returns:
        float64 array `(count, dim)`, a unit vector a row, and float64 array `(count,)`, the singular values:
        how much a step of length 1 moves the units.

    Raises:
        ValueError: kernels of several widths, or not finite; more directions than there are.

    Reference:
        [2007.06600](https://arxiv.org/abs/2007.06600), section 3.2, equation 7.
    """
    kernels = kernels if isinstance(kernels, (list, tuple)) else [kernels]
    kernels = [read_rows(kernel, "kernels") for kernel in kernels]
    if len({len(kernel) for kernel in kernels}) != 1:
        raise ValueError(f"`kernels` must take latents of one width. Received: {[k.shape for k in kernels]}")
    rows = np.concatenate(kernels, axis=1).T
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.maximum(lengths, np.finfo("float64").tiny)
    count = _check_count(count, rows.shape[1])
    strengths, vectors = np.linalg.eigh(rows.T @ rows)
    order = np.argsort(strengths)[::-1][:count]
    return _upright(vectors[:, order].T), np.sqrt(np.maximum(strengths[order], 0.0))


def boundary_normal(latents, labels, *, penalty=1e-2, steps=50):
    """The unit normal of the plane between latents whose images have a property and others.

    Args:
        latents: float array, `(n, dim)`.
        labels: bool array, `(n,)`. Whether each image has the property; both occur.
        penalty: float. Weight of the squared length of the normal, relative to the mean loss.
        steps: int. Most steps of Newton's method.

    Returns:
        float64 array `(dim,)`, towards the property.

    Raises:
        ValueError: latents that are not finite, another number of labels, or only one kind of them.

    Example:
    ```python
    latents = model.latents(range(500))
    bright = model.generate(latents).mean(axis=(1, 2, 3)) > 0.7
    normal = keras_gans.latent.boundary_normal(latents, bright)
    ```

    Reference:
        [1907.10786](https://arxiv.org/abs/1907.10786), section 2.2. Deviation: logistic regression for a
        linear support vector machine, whose normal needs no library.
    """
    latents, labels = read_rows(latents, "latents"), np.asarray(labels)
    if labels.dtype != bool or labels.shape != latents.shape[:1]:
        raise ValueError(f"`labels` must be bool ({len(latents)},). Received: {labels.dtype} {labels.shape}")
    if labels.all() or not labels.any():
        raise ValueError(f"`labels` must have both kinds. Received: {labels.sum()} of {len(labels)} are true")
    scale = latents.std()
    inputs = np.column_stack([latents / scale, np.ones(len(latents))])
    # Both kinds count alike, however many there are.
    weights = np.where(labels, 0.5 / labels.mean(), 0.5 / (~labels).mean()) / len(labels)
    ridge = penalty * np.diag([1.0] * latents.shape[1] + [0.0])
    solution = np.zeros(inputs.shape[1])
    for _ in range(steps):
        chances = 1.0 / (1.0 + np.exp(-np.clip(inputs @ solution, -30.0, 30.0)))
        slope = inputs.T @ (weights * (chances - labels)) + ridge @ solution
        curvature = (inputs * (weights * np.maximum(chances * (1.0 - chances), 1e-9))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + ridge + 1e-9 * np.eye(len(solution)), slope)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    return unit(solution[None, :-1])[0]


def separation(latents, labels, normal):
    """Returns the share of latents on their side of the plane that separates best along `normal`: float.

    Args:
        latents: float array, `(n, dim)`.
        labels: bool array, `(n,)`.
        normal: float array, `(dim,)`.
    """
    heights = np.asarray(latents, "float64") @ np.asarray(normal, "float64")
    order = np.argsort(heights)
    below = np.concatenate([[0], np.cumsum(~np.asarray(labels)[order])])  # of those below, without it
    above = np.asarray(labels).sum() - np.concatenate([[0], np.cumsum(np.asarray(labels)[order])])
    return float((below + above).max() / len(order))


def conditional(direction, others):
    """Takes out of a direction what moves along others, so that it leaves their properties alone.

    Args:
        direction: float array, `(dim,)`.
        others: float array, `(n, dim)`, of any lengths.

    Returns:
        float64 array `(dim,)`, a unit vector orthogonal to all others.

    Raises:
        ValueError: nothing is left: the direction lies among the others.

    Reference:
        [1907.10786](https://arxiv.org/abs/1907.10786), section 2.3.
    """
    direction = unit(read_rows(np.asarray(direction)[None], "direction"))[0]
    others = unit(read_rows(others, "others"))
    span = np.linalg.svd(others, full_matrices=False)
    basis = span[2][span[1] > SMALLEST]
    left = direction - basis.T @ (basis @ direction)
    if np.linalg.norm(left) < SMALLEST:
        raise ValueError(
            f"The direction lies among the {len(others)} others, with nothing of its own. Leave some out"
        )
    return unit(left[None])[0]


def shift(latents, direction, amount, layers=None):
    """Moves latents, or styles, along a direction.

    Args:
        latents: float array or tensor, `(n, dim)`, or styles `(n, num_styles, dim)`.
        direction: float array, `(dim,)`.
        amount: float, or n of them. How often the direction is added.
        layers: (int, int). The first and the last layer of styles that move, counted from 0, the coarsest;
            `None` means all.

    Returns:
        As `latents`: an array of arrays, a tensor of tensors.

    Raises:
        ValueError: numbers that are not finite; layers of latents that have none, or that do not exist.

    Example:
    ```python
    styles = keras_gans.latent.shift(model.styles(model.latents([1])), direction, 2.0, layers=(0, 3))
    ```
    """
    direction, amount = np.asarray(direction, "float32"), np.asarray(amount, "float32")
    if not (np.isfinite(direction).all() and np.isfinite(amount).all()):
        raise ValueError(f"`direction` and `amount` must be finite. Received: amount={amount}")
    rank = len(latents.shape)
    if direction.shape != (latents.shape[-1],):
        raise ValueError(
            f"`direction` must have the shape ({latents.shape[-1]},), as a latent. "
            f"Received: {direction.shape}"
        )
    amount = np.reshape(amount, (-1,) + (1,) * (rank - 1))
    step = np.reshape(direction, (1,) * (rank - 1) + (-1,))
    if layers is not None:
        check_layers(layers, latents.shape[1] if rank == 3 else 0)
        moved = np.zeros((1, latents.shape[1], 1), "float32")
        moved[:, layers[0] : layers[1] + 1] = 1.0
        step = moved * step
    return latents + amount * step


def check_layers(layers, count):
    """Raises ValueError unless `layers` are a first and a last one of `count`.

    Args:
        layers: (int, int).
        count: int. 0 where latents have no layers.
    """
    if not count:
        raise ValueError(
            f"`layers` are those of styles, in the space w; latents z have none. Received: {layers}"
        )
    if not 0 <= layers[0] <= layers[1] < count:
        raise ValueError(f"`layers` must lie in 0-{count - 1}, upwards. Received: {layers[0]}-{layers[1]}")


def unit(vectors):
    """Divides vectors `(n, dim)` by their lengths."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def cosines(vectors):
    """The absolute cosines between all pairs of `(n, dim)` vectors: `(n, n)`."""
    units = unit(np.asarray(vectors, "float64"))
    return np.abs(units @ units.T)


def read_rows(rows, name, *, least=1):
    """Returns `(n, dim)` numbers as float64, or raises ValueError for others."""
    rows = np.asarray(rows, "float64")
    if rows.ndim != 2 or len(rows) < least or not np.isfinite(rows).all():
        problem = f"the shape {rows.shape}" if np.isfinite(rows).all() else "NaN or infinity"
        raise ValueError(f"`{name}` must be finite numbers ({least} or more, dim). Received: {problem}")
    return rows


def _upright(vectors):
    """Signs that do not depend on the library: the largest entry of a row is positive."""
    largest = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]


def _check_count(count, most):
    if count is None:
        return most
    if not 1 <= count <= most:
        raise ValueError(f"`count` must be from 1 to {most}. Received: {count}")
    return count
