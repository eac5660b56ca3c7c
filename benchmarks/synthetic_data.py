"""Do generated images help a classifier? The nine categories of emoji, told apart by a small network.

    python benchmarks/synthetic_data.py

It is trained on real images, on these with flips, and on these with flips and generated images of the same
classes, three times each, for as many steps; and judged on the emoji of the split `test`. `--real N` takes so
many real images of each class, at most all of the split `train`. The generator was trained on all of these.
"""

import argparse
import time

import numpy as np

RESOLUTION = 32
BATCH = 64


def classifier(num_classes):
    """Four convolutions with batch norm, for images in [-1, 1]."""
    import keras

    layers = [keras.Input((RESOLUTION, RESOLUTION, 3))]
    for width in (32, 64, 128):
        layers += [
            keras.layers.Conv2D(width, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(2),
        ]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.3)]
    return keras.Sequential([*layers, keras.layers.Dense(num_classes)])


def few_of_each(labels, count, seed):
    """Numbers of `count` examples of each class, or of all that it has."""
    random = np.random.default_rng(seed)
    chosen = [random.permutation(np.flatnonzero(labels == label))[:count] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen))


def batches(parts, *, flip, seed):
    """Endless batches, as many of each part: list of (uint8 images, labels)."""
    import tensorflow as tf

    from keras_gans import images as pixels

    share = BATCH // len(parts)

    def prepared(images, labels):
        images = pixels.from_uint8(images)
        return tf.image.random_flip_left_right(images, seed=seed) if flip else images, labels

    drawn = [
        tf.data.Dataset.from_tensor_slices(part).shuffle(len(part[1]), seed=seed).repeat().batch(share)
        for part in parts
    ]
    joined = tf.data.Dataset.zip(tuple(drawn)).map(
        lambda *each: tuple(tf.concat([one[place] for one in each], axis=0) for place in (0, 1))
    )
    return joined.map(prepared).prefetch(1)


def accuracy(parts, test, *, flip, steps, seed, num_classes):
    """Share of test images that a classifier names rightly after training."""
    import keras

    from keras_gans import images as pixels

    keras.utils.set_random_seed(seed)
    network = classifier(num_classes)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate), loss)
    network.fit(batches(parts, flip=flip, seed=seed), steps_per_epoch=steps, epochs=1, verbose=0)
    logits = network.predict(np.asarray(pixels.from_uint8(test[0])), batch_size=256, verbose=0)
    return float((logits.argmax(axis=1) == test[1]).mean())


def generated(name, per_class, truncation):
    """uint8 images of all classes and their labels, `per_class` of each."""
    import keras_gans

    model = keras_gans.load(name)
    labels = np.tile(np.arange(model.num_classes, dtype="int32"), per_class)
    made = model.generate(
        model.latents(np.arange(len(labels))), label=labels, truncation=truncation, batch_size=64
    )
    return keras_gans.images.unit_to_uint8(made), labels


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="sngan_projection_emoji_32", help="(default: %(default)s)")
    parser.add_argument(
        "--real", type=int, nargs="+", default=[20, 1000], help="of each class (default: 20 1000)"
    )
    parser.add_argument("--made", type=int, default=100, help="of each class (default: 100)")
    parser.add_argument("--truncation", type=float, default=None, help="of the model (default: none)")
    parser.add_argument("--steps", type=int, default=300, help="of each training (default: 300)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each kind (default: 3)")
    arguments = parser.parse_args(argv)

    import keras_gans_cli

    keras_gans_cli.import_quietly()
    from keras_gans import data

    train, test = (
        data.load(data.open_source("emoji", split=split), RESOLUTION, progress=False)
        for split in ("train", "test")
    )
    test = np.asarray(test.images), np.asarray(test.labels)
    count = len(train.class_names)
    made = generated(arguments.model, arguments.made, arguments.truncation)
    print(f"{len(test[1]):,} images of the split test; {arguments.made} of each class by {arguments.model}")
    print("| real images | trained on | accuracy, mean | each training | processor seconds |")
    print("|---|---|---|---|---|")
    for real in arguments.real:
        for kind in ("real", "real, flipped", "real, flipped, and generated", "generated alone"):
            start, found = time.process_time(), []
            for seed in range(arguments.seeds):
                few = few_of_each(train.labels, real, seed)
                parts = [(np.asarray(train.images)[few], np.asarray(train.labels)[few])]
                if "generated" in kind:
                    parts = [*parts, made] if "real" in kind else [made]
                found.append(
                    accuracy(
                        parts, test, flip=kind != "real", steps=arguments.steps, seed=seed, num_classes=count
                    )
                )
            each = ", ".join(f"{100 * one:.1f}" for one in found)
            seconds = time.process_time() - start
            print(
                f"| {len(few):,} | {kind} | {100 * np.mean(found):.1f} % | {each} | {seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
