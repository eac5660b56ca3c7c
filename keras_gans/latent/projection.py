"""Finds the latents, or the styles, whose image is nearest to a given one."""

import dataclasses
import itertools
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gans.images import from_unit
from keras_gans.random import counter_normal

SPACES = ("z", "w", "w+")
STYLE_SAMPLES = 10_000  # styles whose mean and deviation are taken
NOISE_SHARE = 0.75  # of the search, after which nothing is added
RAMP_UP, RAMP_DOWN = 0.05, 0.25  # shares of the search
MAP_WEIGHT = 1e5  # of the penalty on maps of noise
SMALLEST_MAP = 8  # pixels, down to which the penalty looks at halved maps
FEATURE_SIZE = 256  # pixels, above which images are averaged before their features are compared
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # of Adam
PART = 16  # images that are made at once, where there are fewer targets
THUMBNAIL = 32  # pixels, at which candidates are compared with targets
CHUNKS = 50  # parts of a search, after each of which it can be watched and interrupted


@dataclasses.dataclass(frozen=True, eq=False)
class Projection:
    """What a search found for n images.

    Attributes:
        space: str, "z", "w" or "w+".
        rows: float32 array. Latents `(n, *latent_shape)` of "z", otherwise styles `(n, num_styles,
            style_dim)`: the best of the whole search.
        labels: int32 array `(n,)`. Classes, given or found; `None` without classes.
        noise: tuple of float32 arrays `(n, height, width, 1)`. Maps of noise, if they were searched for.
        images: float32 array, `(n, height, width, channels)`, in `[0, 1]`. What the model makes of them.
        losses: float32 array, `(n,)`. Of `images`, in the sense of `project`.
        history: float32 array, `(steps, n)`. The loss at every step.
        frames: float32 array, `(frames, n, height, width, channels)`. The best images on the way; no frames
            if none were asked for.
        interrupted: bool. Whether the search was stopped from the keyboard before its end.
    """

    space: str
    rows: np.ndarray
    labels: np.ndarray | None
    noise: tuple
    images: np.ndarray
    losses: np.ndarray
    history: np.ndarray
    frames: np.ndarray
    interrupted: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """How `project` searches.

    Attributes:
        steps: int. Of the search itself.
        features: callable, `(images, others) -> (n,)`, images in `[-1, 1]`: a distance such as
            `keras_gans.metrics.perceptual_distance` gives. Images of more than 256 pixels are averaged to
            that before. `None` compares pixels alone.
        pixel_weight: float.
        feature_weight: float.
        length_weight: float. In z.
        learning_rate: float, in root mean square deviations of a number of the code.
        code_noise: float. Strength c of the numbers that disturb the codes; 0.05 in the paper.
        noise_maps: bool. Whether the maps of noise of a network are searched for, too. Their penalty is 1e5
            times the squared mean products of each map with itself, moved by one pixel, at every size down to
            8 pixels; after every step a map has mean 0 and deviation 1.
        candidates: int. Random images, of which the nearest begin.
        restarts: int. How many of them begin.
        restart_steps: int. Steps from each, before the best goes on.
        seed: int. Of all random numbers.
        batch_size: int. Images that are searched for at once.

    Raises:
        ValueError: a number that is negative or not finite; no candidate, restart or image.
    """

    steps: int = 500
    features: Callable | None = None
    pixel_weight: float = 1.0
    feature_weight: float = 1.0
    length_weight: float = 0.01
    learning_rate: float = 0.3
    code_noise: float = 0.0
    noise_maps: bool = False
    candidates: int = 256
    restarts: int = 4
    restart_steps: int = 50
    seed: int = 0
    batch_size: int = 16

    def __post_init__(self):
        for name, value in vars(self).items():
            least = 1 if name in ("candidates", "restarts", "batch_size") else 0
            if isinstance(value, (int, float)) and name != "seed" and not least <= value < math.inf:
                raise ValueError(f"`{name}` must be finite, {least} or more. Received: {value}")


def project(model, images, *, space=None, label=None, initial=None, frames=0, progress=None, **search):
    """Searches for the latents or styles of images by gradient descent through a generator.

    1. `candidates` random latents, and in w their mean, are made into images. For each target the `restarts`
       nearest are kept.
    2. From each of these, `restart_steps` steps are taken. The best is kept.
    3. From there the search itself takes `steps` steps of Adam. Its rate rises over the first 5 % and falls
       as a cosine over the last 25 %. Codes may be disturbed by normal numbers, whose size falls to zero over
       the first 75 %: `c sigma (1 - t / 0.75)^2`, with the root mean square distance sigma of 10,000 styles
       from their mean; in z it is sqrt(d).

    What has the lowest loss of all steps is the result. The loss of an image is `pixel_weight` times the mean
    absolute difference of pixels in `[0, 1]`, plus `feature_weight` times `features`, plus in z
    `length_weight | |z| / sqrt(d) - 1 |`, which keeps latents of d numbers near the sphere where normal ones
    lie. All images of a batch are searched for at once; none depends on the others.

    Maps of noise are inputs of a network alone: the signature `synthesis_with_noise` of an export takes
    seeds, so that an export's noise stays what is stored with its weights.

    Args:
        model: `keras_gans.hub.Generator`, or a network with `endpoints()`. With `mapping` and `synthesis`
            among these it has styles.
        images: array, `(n, height, width, channels)`, uint8, or float in `[0, 1]`, of the model's size.
        space: str. "z": latents; "w": one style for all layers; "w+": a style for each layer, which is nearer
            to the image and less a thing of the model's. `None`: "w+" where there are styles, otherwise "z".
        label: int, or int sequence `(n,)`: classes. `None` lets the candidates find them.
        initial: float array like the rows of the result. Where the search begins, without candidates; of a
            model with classes `label` has to be given with it.
        frames: int. Images of the search that are kept, from the random one at its beginning to the best.
        progress: callable, called with ("steps", done, total); `None` means silence.
        **search: the attributes of `Search`, such as `steps`.

    Returns:
        `Projection`. `KeyboardInterrupt` ends the search early: the best so far, without batches that did not
        begin.

    Raises:
        ValueError: images of another size, or out of their range; a space, class or noise that the model
            lacks.
        TypeError: `Search` has no such attribute.

    Example:
    ```python
    model = keras_gans.load("stylegan2_emoji_32")
    found = keras_gans.latent.project(model, model.sample(4, seed=1), space="w")
    np.abs(model.synthesize(found.rows) - found.images).max()  # 0
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), appendix D; w+
        [1904.03189](https://arxiv.org/abs/1904.03189). Deviations: candidates and restarts, pixels in the
        loss, a rate in units of the deviation, and no noise in the codes: with it, fewer of a model's own
        images were found again.
    """
    settings = Search(**search)
    generator = _Generator(model)
    space = space or ("w+" if generator.style_shape else "z")
    generator.check(space, settings.noise_maps)
    targets = _read_images(images)
    labels = generator.read_labels(label, len(targets))
    runner = _Runner(generator, space, settings, generator.draw(space, labels, settings))
    if initial is not None:
        initial = runner.read_initial(initial, targets, labels)
    size, steps = settings.batch_size, settings.steps
    batches = [slice(first, first + size) for first in range(0, len(targets), size)]
    told, found = _Told(progress), []
    for batch in batches:
        own = None if labels is None else labels[batch]
        if initial is None:
            codes, own = runner.candidates(targets[batch], own)
        else:
            codes, own = (one[batch] for one in initial)
        before = settings.restart_steps if codes.shape[1] > 1 else 0
        told.total = told.total or len(batches) * steps + before * sum(
            len(runner.slices(len(targets[each]), codes.shape[1])) for each in batches
        )
        found.append(runner.best(targets[batch], codes, own, (before, steps), frames, told))
        if found[-1].interrupted:
            break
    return _joined(found)


def _joined(parts):
    """Joins the `Projection`s of several batches.

    Of a search that was interrupted, the last of its frames stays to the end of the film, and its history
    ends in NaN.
    """

    def joined(name):
        each = [getattr(part, name) for part in parts]
        return None if each[0] is None else np.concatenate(each)

    steps = max(len(part.history) for part in parts)
    history = [
        np.pad(part.history, ((0, steps - len(part.history)), (0, 0)), constant_values=np.nan)
        for part in parts
    ]
    count = max(len(part.frames) for part in parts)
    frames = [
        np.concatenate([part.frames, *[part.frames[-1:]] * (count - len(part.frames))]) for part in parts
    ]
    return Projection(
        space=parts[0].space,
        rows=joined("rows"),
        labels=joined("labels"),
        noise=tuple(np.concatenate(maps) for maps in zip(*(part.noise for part in parts), strict=True)),
        images=joined("images"),
        losses=joined("losses"),
        history=np.concatenate(history, axis=1),
        frames=np.concatenate(frames, axis=1),
        interrupted=parts[-1].interrupted,
    )


class _Told:
    """Counts steps for a `progress`."""

    def __init__(self, progress):
        self.progress, self.total, self.done = progress, 0, 0

    def __call__(self, steps):
        self.done += steps
        if self.progress is not None:
            self.progress("steps", self.done, self.total)


class _Generator:
    """What a search needs of a hub's object or of a network, by the endpoints of either."""

    def __init__(self, model):
        self.model, self.name = model, getattr(model, "name", type(model).__name__)
        self.offered = model.endpoints()
        _, inputs = self.offered["default"]
        self.latent_shape = tuple(inputs["z"].shape[1:])
        self.num_classes = inputs["y"].shape[1] if "y" in inputs else 0
        self.style_shape = None
        if {"mapping", "synthesis"} <= self.offered.keys():
            [spec] = self.offered["synthesis"][1].values()
            self.style_shape = tuple(spec.shape[1:])
        self.has_maps = hasattr(model, "noise_shapes") and hasattr(model, "synthesize")

    def check(self, space, noise_maps):
        """Refuses a space or maps of noise that there are not."""
        allowed = SPACES if self.style_shape else SPACES[:1]
        if space not in allowed:
            why = "" if self.style_shape else ": it has no endpoints mapping and synthesis"
            raise ValueError(
                f"`space` of {self.name} must be {' or '.join(allowed)}{why}. Received: {space!r}"
            )
        if noise_maps and (not self.has_maps or space == "z"):
            raise ValueError(
                "`noise_maps` needs a network whose `synthesize` takes them, and the space w or w+. An "
                f"export takes seeds of noise. Received: {self.name} and space={space!r}"
            )

    def read_labels(self, label, count):
        """Classes as an int array `(count,)`; `None` without."""
        if label is None:
            return None
        labels = np.broadcast_to(np.asarray(label), (count,)) if np.ndim(label) == 0 else np.asarray(label)
        valid = labels.shape == (count,) and labels.dtype.kind in "iu"
        if not valid or labels.min(initial=0) < 0 or labels.max(initial=0) >= self.num_classes:
            classes = f"int from 0 to {self.num_classes - 1}" if self.num_classes else "None, without classes"
            raise ValueError(f"`label` of {self.name} must be {classes}, one or {count}. Received: {label!r}")
        return labels.astype("int32")

    def call(self, name, labels, **inputs):
        """The tensor that an endpoint gives, with classes and the truncation that changes nothing."""
        function, specs = self.offered[name]
        if "y" in specs:
            inputs["y"] = tf.one_hot(labels, self.num_classes)
        if "truncation" in specs:
            inputs["truncation"] = tf.ones((tf.shape(labels)[0], 1))
        return tf.convert_to_tensor(function(**inputs))

    def styles(self, latents, labels):
        """Styles `(batch, style_dim)`: one, which all layers have."""
        return self.call("mapping", labels, z=latents)[:, 0]

    def draw(self, space, labels, settings):
        """Returns codes with their classes, in w with the mean of each class at the end: dict of arrays.

        Args:
            space: str.
            labels: int array, classes that are wanted; `None` means all, each of which gets a candidate.
            settings: `Search`. A class that is wanted gets a candidate for each restart.
        """
        classes = np.arange(self.num_classes or 1) if labels is None else np.unique(labels)
        least = len(classes) * (1 if labels is None and self.num_classes else settings.restarts)
        candidates = max(settings.candidates, least)
        count = candidates if space == "z" else max(candidates, STYLE_SAMPLES)
        labels = np.resize(classes, count).astype("int32")
        latents = counter_normal(np.full(count, settings.seed, "int64"), np.arange(count), self.latent_shape)
        drawn = {"classes": classes, "labels": labels[:candidates]}
        if space == "z":
            return {**drawn, "codes": np.asarray(latents), "deviation": 1.0}
        styles = np.asarray(tf.function(self.styles, autograph=False)(latents, tf.constant(labels)))
        means = np.stack([styles[labels == one].mean(axis=0) for one in classes])
        deviation = np.sqrt(np.mean(np.square(styles - means[np.searchsorted(classes, labels)])))
        drawn["labels"] = np.concatenate([drawn["labels"], classes.astype("int32")])
        return {**drawn, "codes": np.concatenate([styles[:candidates], means]), "deviation": float(deviation)}

    def rows(self, space, code):
        """Latents, or styles `(batch, num_styles, style_dim)`, of the codes of a space."""
        if space != "w":
            return code
        return tf.repeat(code[:, None], self.style_shape[0], axis=1)

    def images(self, space, code, maps, labels):
        """Images in `[0, 1]`, or about, of the codes of a space."""
        rows = self.rows(space, code)
        if space == "z":
            return self.call("default", labels, z=rows)
        if maps:
            return self.model.synthesize(rows, maps) * 0.5 + 0.5
        [name] = self.offered["synthesis"][1]
        return self.call("synthesis", labels, **{name: rows})


class _Loss:
    """Losses of images, one for each."""

    def __init__(self, settings, space):
        self.features = settings.features
        self.weights = settings.pixel_weight, settings.feature_weight
        self.length_weight = settings.length_weight if space == "z" else 0.0

    def of_images(self, images, targets):
        """How far images are from the targets."""
        pixels, features = self.weights
        losses = pixels * tf.reduce_mean(tf.abs(images - targets), axis=(1, 2, 3))
        if self.features is not None:
            both = (from_unit(_reduced(one, FEATURE_SIZE)) for one in (images, targets))
            losses += features * self.features(*both)
        return losses

    def of_codes(self, code, *maps):
        """How unlikely codes and maps are."""
        lengths = tf.norm(tf.reshape(code, (tf.shape(code)[0], -1)), axis=1)
        unlikely = self.length_weight * tf.abs(lengths / math.sqrt(math.prod(code.shape[1:])) - 1.0)
        return unlikely + MAP_WEIGHT * map_penalty(maps)


class _Runner:
    """The parts of `project`.

    A state is a dict of tensors with a row for each image: `variables`, a list of codes and maps, with
    their moments `first` and `second`; `best`, a list like it, with `losses` and `images`; `labels` and
    `targets`.
    """

    def __init__(self, generator, space, settings, drawn):
        self.generator, self.space, self.settings, self.drawn = generator, space, settings, drawn
        self.loss, self.scale = _Loss(settings, space), drawn["deviation"]
        self.strength = settings.code_noise * math.sqrt(math.prod(drawn["codes"].shape[1:]))
        self.show = tf.function(self._show, autograph=False, reduce_retracing=True)
        self.traced = self.thumbnails = None

    def candidates(self, targets, labels):
        """Returns the random codes nearest to each target, `(n, restarts, ...)`, and their classes.

        Where classes are to be found, the best of each class come before the second of any.
        """
        codes, owners, classes = (self.drawn[name] for name in ("codes", "labels", "classes"))
        if self.space == "w+":
            codes = np.repeat(codes[:, None], self.generator.style_shape[0], axis=1)
        if self.thumbnails is None:
            self.thumbnails = self._thumbnails(codes, owners, targets)
        small = _reduced(targets, THUMBNAIL)
        near = np.stack([np.abs(self.thumbnails - one).mean(axis=(1, 2, 3)) for one in small])
        if labels is not None:
            near[owners[None] != labels[:, None]] = np.inf
        ranks = np.empty(near.shape, int)
        for one in classes:
            own = np.flatnonzero(owners == one)
            ranks[:, own] = near[:, own].argsort(axis=1).argsort(axis=1)
        ranks[~np.isfinite(near)] = len(codes)
        chosen = np.stack(
            [np.lexsort(both)[: self.settings.restarts] for both in zip(near, ranks, strict=True)]
        )
        return codes[chosen], owners[chosen]

    def read_initial(self, initial, targets, labels):
        """Returns given codes, `(n, 1, ...)`, and their classes."""
        if self.generator.num_classes and labels is None:
            raise ValueError("`initial` of a model with classes goes with a `label`. Received: label=None")
        rows = np.asarray(initial, "float32")
        shape = self.generator.latent_shape if self.space == "z" else self.generator.style_shape
        if rows.shape != (len(targets), *shape) or not np.isfinite(rows).all():
            raise ValueError(
                f"`initial` must be finite, with the shape {(len(targets), *shape)}. Received: {rows.shape}"
            )
        labels = np.zeros(len(rows), "int32") if labels is None else labels
        return (rows.mean(axis=1) if self.space == "w" else rows)[:, None], labels[:, None]

    def _thumbnails(self, codes, labels, targets):
        """Small images of the candidates, the size that is compared with that of small targets."""
        small = []
        for first in range(0, len(codes), PART):
            part = slice(first, first + PART)
            made = self.show(codes[part], [], labels[part])
            self._check_size(made, targets)
            small.append(_reduced(made, THUMBNAIL))
        return np.concatenate(small)

    def best(self, targets, codes, labels, counts, frames, told):
        """Searches from several codes for each target: `Projection` of a batch.

        Args:
            targets: float32 array `(n, height, width, channels)`.
            codes: float32 array `(n, restarts, ...)`.
            labels: int32 array `(n, restarts)`. Classes of the codes.
            counts: steps from each of the codes, and from the best of them.
            frames: int, as of `project`.
            told: `_Told`.
        """
        repeated = np.repeat(targets, codes.shape[1], axis=0)
        codes, parts = codes.reshape(-1, *codes.shape[2:]), self.slices(*codes.shape[:2])
        states = [self._state(repeated[part], codes[part], labels.reshape(-1)[part]) for part in parts]
        begun = tf.concat([one["images"] for one in states], axis=0)
        state, history, shown, interrupted = None, [], [], False
        try:
            for number, one in enumerate(states if counts[0] else ()):
                for states[number], _ in self._run(one, counts[0], CHUNKS, told):
                    pass
            state, rows = self._choose(states, len(targets))
            shown.append(tf.gather(begun, rows))
            for later, losses in self._run(state, counts[1], max(frames - 1, 0) or CHUNKS, told):
                state = later
                history.append(losses)
                shown.append(state["images"])
        except KeyboardInterrupt:
            interrupted = True
            if state is None:
                state, _ = self._choose(states, len(targets))
                shown.append(state["images"])
        code, *maps = state["best"]
        return Projection(
            space=self.space,
            rows=np.asarray(self.generator.rows(self.space, code)),
            labels=np.asarray(state["labels"]) if self.generator.num_classes else None,
            noise=tuple(np.asarray(one) for one in maps),
            images=np.clip(state["images"], 0.0, 1.0),
            losses=np.asarray(state["losses"]),
            history=np.concatenate([np.zeros((0, len(targets)), "float32"), *history]),
            frames=np.clip(np.reshape(shown[:frames], (-1, *targets.shape)), 0.0, 1.0),
            interrupted=interrupted,
        )

    @staticmethod
    def slices(count, restarts):
        """Parts of `count * restarts` rows that are searched at once."""
        size = max(count, PART)
        return [slice(first, first + size) for first in range(0, count * restarts, size)]

    def _state(self, targets, codes, labels):
        variables = [tf.constant(codes)]
        if self.settings.noise_maps:
            stored = self.generator.model.noise_constants
            variables += [
                _normalised(tf.repeat(tf.convert_to_tensor(one(codes))[:1], len(codes), axis=0))
                for one in stored
            ]
        images = self.show(codes, variables[1:], labels)
        self._check_size(images, targets)
        state = {"targets": tf.constant(targets), "labels": tf.constant(labels), "variables": variables}
        losses = self.loss.of_images(images, state["targets"]) + self.loss.of_codes(*variables)
        return self._fresh({**state, "best": variables, "losses": losses, "images": images})

    def _check_size(self, made, targets):
        if made.shape[1:] != targets.shape[1:]:
            raise ValueError(
                f"`images` must have the size of those of {self.generator.name}, {tuple(made.shape[1:])}. "
                f"Received: {targets.shape[1:]}"
            )

    def _fresh(self, state):
        """Starts from the best, without moments."""
        zeros = [tf.zeros_like(one) for one in state["best"]]
        return {**state, "variables": state["best"], "first": zeros, "second": zeros}

    def _choose(self, parts, count):
        """Returns a state of the best row of each target, and the numbers of these rows."""
        whole = tf.nest.map_structure(lambda *each: tf.concat(each, axis=0), *parts)
        losses = np.reshape(whole["losses"], (count, -1))
        rows = losses.argmin(axis=1) + losses.shape[1] * np.arange(count)
        return self._fresh(tf.nest.map_structure(lambda one: tf.gather(one, rows), whole)), rows

    def _run(self, state, steps, chunks, told):
        """Takes steps; yields the state and the losses `(chunk, n)` after each chunk of them."""
        if self.traced is None:
            specs = tf.nest.map_structure(lambda one: tf.TensorSpec((None, *one.shape[1:]), one.dtype), state)
            number = tf.TensorSpec((), "int32")
            self.traced = tf.function(self._steps, autograph=False, input_signature=(specs, *[number] * 3))
        stops = np.unique(np.linspace(0, steps, chunks + 1).round().astype(int))
        for first, stop in itertools.pairwise(stops):
            state, losses = self.traced(state, first, stop - first, steps)
            told(stop - first)
            yield state, losses.numpy()

    def _show(self, codes, maps, labels):
        return self.generator.images(
            self.space, tf.convert_to_tensor(codes), maps, tf.convert_to_tensor(labels)
        )

    def _steps(self, state, first, count, total):
        fixed = {name: state[name] for name in ("labels", "targets")}
        state = {name: one for name, one in state.items() if name not in fixed}

        def step(index, moving, history):
            moving, losses = self._step({**moving, **fixed}, index, total)
            return index + 1, moving, history.write(index - first, losses)

        history = tf.TensorArray("float32", size=count, element_shape=state["losses"].shape)
        _, state, history = tf.while_loop(
            lambda index, *_: index < first + count, step, (first, state, history), maximum_iterations=count
        )
        return {**state, **fixed}, history.stack()

    def _step(self, state, index, total):
        """One step of Adam: the state behind it, without what stays, and the losses before it."""
        t = tf.cast(index, "float32") / tf.cast(total, "float32")
        code, *maps = state["variables"]
        strength = self.strength * self.scale * tf.square(tf.maximum(0.0, 1.0 - t / NOISE_SHARE))
        # The same for all images: none depends on its neighbours.
        drawn = tf.random.stateless_normal(code.shape[1:], [self.settings.seed, index], alg="philox")
        tried = [code + strength * drawn, *maps]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(tried)
            images = self._show(tried[0], tried[1:], state["labels"])
            distances, unlikely = self.loss.of_images(images, state["targets"]), self.loss.of_codes(*tried)
        losses = distances + unlikely
        # Rows do not interact: the gradient of the sum holds the gradient of every row.
        through = tape.gradient(distances, tried)
        if None in through:
            raise ValueError(f"No gradient flows through {self.generator.name}: it cannot be searched")
        own = tape.gradient(unlikely, tried, unconnected_gradients="zero")
        slopes = [sum(pair) for pair in zip(through, own, strict=True)]
        better = losses < state["losses"]
        rate = self.settings.learning_rate * _ramp(
            tf.cast(index + 1, "float32") / tf.cast(total, "float32"), t
        )
        correction = tf.sqrt(1.0 - BETA_2 ** tf.cast(index + 1, "float32")) / (
            1.0 - BETA_1 ** tf.cast(index + 1, "float32")
        )
        variables, firsts, seconds = [], [], []
        for number, (one, slope) in enumerate(zip(state["variables"], slopes, strict=True)):
            firsts.append(BETA_1 * state["first"][number] + (1.0 - BETA_1) * slope)
            seconds.append(BETA_2 * state["second"][number] + (1.0 - BETA_2) * tf.square(slope))
            moved = rate * correction * firsts[-1] / (tf.sqrt(seconds[-1]) + EPSILON)
            variables.append(_normalised(one - moved) if number else one - self.scale * moved)
        moving = {
            "variables": variables,
            "first": firsts,
            "second": seconds,
            "best": [_where(better, new, old) for new, old in zip(tried, state["best"], strict=True)],
            "losses": tf.where(better, losses, state["losses"]),
            "images": _where(better, images, state["images"]),
        }
        return moving, losses


def map_penalty(maps):
    """Says how much maps of noise resemble images: they are to hold noise alone.

    The square of the mean product of a map with itself, moved by one pixel, in both directions, summed over
    maps and their sizes: halved by means, times 2 to keep the deviation, down to 8 pixels.

    Args:
        maps: list of float tensors `(batch, height, width, 1)`.

    Returns:
        float32 tensor `(batch,)`.

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), appendix D.
    """
    total = tf.zeros(())
    for one in maps:
        while True:
            products = [tf.reduce_mean(one * tf.roll(one, 1, axis), axis=(1, 2, 3)) for axis in (1, 2)]
            total += sum(map(tf.square, products))
            if min(one.shape[1:3]) <= SMALLEST_MAP:
                break
            one = 2.0 * tf.nn.avg_pool2d(one, 2, 2, "VALID")
    return total


def _normalised(maps):
    """Maps with mean 0 and deviation 1, each."""
    centred = maps - tf.reduce_mean(maps, axis=(1, 2, 3), keepdims=True)
    return centred * tf.math.rsqrt(tf.reduce_mean(tf.square(centred), axis=(1, 2, 3), keepdims=True))


def _where(condition, new, old):
    return tf.where(tf.reshape(condition, (-1, *[1] * (len(new.shape) - 1))), new, old)


def _ramp(begun, t):
    """The learning rate's factor after shares of the search, with the step and without."""
    falling = tf.minimum(1.0, (1.0 - t) / RAMP_DOWN)
    return tf.minimum(1.0, begun / RAMP_UP) * (0.5 - 0.5 * tf.cos(math.pi * falling))


def _reduced(images, size):
    """Images averaged over squares of pixels, to at least `size` pixels where they have twice as many."""
    factor = max(1, min(images.shape[1:3]) // size)
    return tf.nn.avg_pool2d(images, factor, factor, "VALID") if factor > 1 else images


def _read_images(images):
    """Images as a float32 array in `[0, 1]`."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] in (2, 4):
        raise ValueError(
            f"`images` must have no alpha channel: lay them on a colour. Received: {images.shape}"
        )
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"`images` must have the shape (n, height, width, 1 or 3). Received: {images.shape}")
    if images.dtype == np.uint8:
        return images.astype("float32") / np.float32(255.0)
    if images.dtype.kind != "f" or not (images.min() >= 0.0 and images.max() <= 1.0):
        raise ValueError(
            f"`images` must be uint8, or float in [0, 1]. Received: {images.dtype} from {images.min():.2f} "
            f"to {images.max():.2f}"
        )
    return images.astype("float32")
