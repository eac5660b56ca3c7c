"""How many translated images look like the domain that was asked for, as a classifier sees it."""

import dataclasses
from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers

from keras_gans.data import DomainData
from keras_gans.images import from_uint8
from keras_gans.metrics.paired import compare_pairs

BATCH = 64


@dataclasses.dataclass(frozen=True)
class DomainAccuracy:
    """What `domain_accuracy` found.

    Attributes:
        translated: dict, name of a domain -> share of the images translated to it that the classifier puts
            there.
        real: dict, name of a domain -> share of its real images that the classifier puts there, the ceiling.
        translations: int. How many images were translated in all.
        images: int. How many images were there to translate.
        accuracy: float. The share of all translated images.
        real_accuracy: float. The share of all real images.
        pairs: dict, where it is known what images should become: what `compare_pairs` says of the translated
            images, and of the images as they were; empty otherwise.
    """

    translated: dict
    real: dict
    translations: int
    images: int
    accuracy: float
    real_accuracy: float
    pairs: dict


def domain_accuracy(
    translate: Callable,
    train: DomainData,
    test: DomainData,
    *,
    steps: int = 800,
    seed: int = 0,
    progress: Callable | None = None,
) -> DomainAccuracy:
    """Translates every test image to every other domain, and lets a classifier name the results.

    The classifier is trained here, on the real training images. Test images are taken in parts, and none is
    kept.

    Args:
        translate: callable, uint8 images `(n, height, width, 3)`, the number of a domain, and how many images
            it was asked to translate to this domain before -> uint8 images.
        train: `keras_gans.data.DomainData`, whose domains exclude each other.
        test: `keras_gans.data.DomainData` with the same domains and resolution.
        steps: int. Batches that the classifier is trained on.
        seed: int. Of the weights of the classifier and the order of its images.
        progress: callable, called with ("epochs of the classifier", done, total) and ("images", done, total);
            `None` means silence.

    Returns:
        `DomainAccuracy`.

    Raises:
        ValueError: domains that do not exclude each other.

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), section 5.3: the error of a classifier on translated
        images. The network of this classifier is our own.
    """
    for data in (train, test):
        if data.labels.ndim > 1:
            raise ValueError("Domains must exclude each other. Received attributes, which may occur together")
    classifier = train_classifier(train, steps=steps, seed=seed, progress=progress)

    def named(images):
        return np.argmax(classifier(from_uint8(images)), axis=-1)

    counterparts, count = test.counterparts(), len(test)
    real, hits, pairs = [], [[] for _ in test.class_names], []
    for start in range(0, count, BATCH):
        numbers = np.arange(start, min(start + BATCH, count))
        images, labels = test.take(numbers), test.labels[numbers]
        real.extend(named(images) == labels)
        for domain, found in enumerate(hits):
            others = labels != domain
            if others.any():
                translated = translate(images[others], domain, len(found))
                found.extend(named(translated) == domain)
                if counterparts is not None:
                    targets = test.take(counterparts[numbers[others], domain])
                    pairs.append((len(targets), against_targets(images[others], translated, targets)))
        if progress is not None:
            progress("images", int(numbers[-1]) + 1, count)
    real, every = np.array(real), np.concatenate(hits)
    return DomainAccuracy(
        translated={name: float(np.mean(one)) for name, one in zip(test.class_names, hits, strict=True)},
        real={name: float(real[test.labels == i].mean()) for i, name in enumerate(test.class_names)},
        translations=len(every),
        images=len(test),
        accuracy=float(every.mean()),
        real_accuracy=float(real.mean()),
        pairs=averaged(pairs),
    )


def averaged(parts: Sequence) -> dict:
    """Joins means of parts of the images: `[(images, {quantity: mean}), ...]` -> `{quantity: mean}`."""
    counts = [count for count, _ in parts]
    names = parts[0][1] if parts else ()
    return {name: float(np.average([one[name] for _, one in parts], weights=counts)) for name in names}


def against_targets(images: np.ndarray, translated: np.ndarray, targets: np.ndarray) -> dict:
    """What `compare_pairs` says of translated images and, as the floor, of the images as they were.

    Args:
        images: uint8 array, `(n, height, width, channels)`.
        translated: the same shape.
        targets: the same shape.

    Returns:
        dict: "L1", "MS-SSIM", and each with " of the images as they were".
    """
    scores, floor = (compare_pairs(one, targets) for one in (translated, images))
    names = ("L1", "MS-SSIM")
    return {
        **{name: scores[name] for name in names},
        **{f"{name} of the images as they were": floor[name] for name in names},
    }


def train_classifier(
    data: DomainData, *, steps: int, seed: int, progress: Callable | None = None
) -> keras.Model:
    """A small convolutional network that names the domain of an image, trained on real ones.

    Args:
        data: `keras_gans.data.DomainData`.
        steps: int. Batches to train on.
        seed: int. Of weights and order.
        progress: callable, called with ("epochs of the classifier", done, total); `None` means silence.

    Returns:
        `keras.Model`, images in `[-1, 1]` -> logits.
    """
    keras.utils.set_random_seed(seed)
    x = images = keras.Input((data.resolution, data.resolution, 3))
    for width in (24, 48, 96, 96):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    classifier = keras.Model(images, layers.Dense(len(data.class_names))(x))
    classifier.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    batches = data.batches(batch_size=min(BATCH, len(data)), seed=seed, flip=True)
    batches = batches.map(lambda batch: (batch["images"], batch["labels"]))
    epochs = min(8, steps)
    callbacks = []
    if progress is not None:

        def tell(epoch, logs):
            progress("epochs of the classifier", epoch + 1, epochs)

        callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=tell)]
    classifier.fit(
        batches, steps_per_epoch=steps // epochs, epochs=epochs, verbose=0, shuffle=False, callbacks=callbacks
    )
    return classifier
