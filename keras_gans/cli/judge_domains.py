"""`keras-gans judge-domains`: how many translated images look like their domain."""

import shlex

from keras_gans.cli import judge_pairs, translator
from keras_gans.cli.arguments import positive
from keras_gans.cli.evaluate import portable

BATCH = 64


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "judge-domains",
        run,
        "Translates test images to every other domain. A classifier, trained on real training images, says "
        "which of them it puts there. Where the set knows what an image should become, as the embedded one "
        "does, the translations are compared with that as well.",
        "runs/stargan/export --data emoji --resolution 32",
    )
    parser.add_argument("directory", metavar="EXPORT", help="an exported network for several domains")
    parser.add_argument(
        "--data",
        required=True,
        metavar="SRC",
        help="the export's domains: emoji[:STYLE,...], A,B,C with a folder for each, or a folder of folders",
    )
    parser.add_argument(
        "--test-data", metavar="SRC", help="images to translate (default: those of the split test of --data)"
    )
    parser.add_argument("--crop", choices=["center"], help="cut images that are not square")
    parser.add_argument(
        "--resolution",
        type=positive,
        metavar="N",
        help="height and width of the images, where the network takes any",
    )
    parser.add_argument(
        "--steps", type=positive, default=800, metavar="N", help="training of the classifier (default: 800)"
    )
    translator.add_seed(parser)
    parser.add_argument(
        "--update-card", action="store_true", help="also write the scores on the card of the export"
    )
    parser.set_defaults(direction="forward")


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import data
    from keras_gans.images import from_uint8

    network = translator.Translator(options)
    resolution = network.check_resolution(options.resolution)
    if not network.class_names:
        raise ValueError(f"{network.directory} translates to one domain; judge-pairs is for such networks")
    looks = network.looks("all")

    def load(spec, split):
        source = data.open_domains(spec, network.class_names, split=split, crop=options.crop)
        loaded = data.load_domains(source, resolution)
        if loaded.labels.ndim > 1:
            raise ValueError(f"Domains must exclude each other. {spec} has attributes")
        return loaded

    given = options.test_data is not None
    test = load(options.test_data, "train") if given else load(options.data, "test")
    classifier = train_classifier(load(options.data, "train"), options.steps, options.seed)

    def named(images):
        # In parts: floats take four times the memory.
        parts = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return np.concatenate([np.argmax(classifier(from_uint8(part)), axis=-1) for part in parts])

    images, counterparts = test.take(np.arange(len(test))), test.counterparts()
    hits, real, pairs = [], named(images) == test.labels, []
    for domain, (name, look) in enumerate(looks.items()):
        others = np.flatnonzero(test.labels != domain)
        translated = network.translate_all(images[others], look)
        hits.append(named(translated) == domain)
        if counterparts is not None:
            pairs.append(compare(images[others], translated, test.take(counterparts[others, domain])))
        of_domain = real[test.labels == domain]
        print(f"{name:<20}  {hits[-1].mean():>6.1%} of translated, {of_domain.mean():>6.1%} of real images")
    entry = {
        "share in the domain asked for": float(np.concatenate(hits).mean()),
        "share of real images in their domain": float(real.mean()),
    }
    if pairs:
        weights = [len(one) for one in hits]
        entry |= {key: float(np.average([one[key] for one in pairs], weights=weights)) for key in pairs[0]}
    print("\n".join(f"{name:<40}  {value:.4f}" for name, value in entry.items()))
    entry["of"] = f"{sum(map(len, hits)):,} translations of {len(test):,} images, {resolution} px"
    print(entry["of"])
    if options.update_card:
        entry["command"] = f"`{command_of(options)}`"
        shown = f"{portable(options.test_data)}" if given else f"{portable(options.data)} (test)"
        judge_pairs.write(network.directory, {f"domains {shown}": entry})
        print(f"written to the card of {network.directory}")


def compare(images, translated, targets):
    """Returns scores of translated images against what they should be, and of the images as they were."""
    from keras_gans import metrics

    scores, floor = (metrics.compare_pairs(one, targets) for one in (translated, images))
    names = ("L1", "MS-SSIM")
    return {
        **{name: scores[name] for name in names},
        **{f"{name} of the images as they were": floor[name] for name in names},
    }


def train_classifier(data, steps, seed):
    """A small convolutional network that names the domain of an image, trained on real ones.

    Args:
        data: `keras_gans.data.DomainData`.
        steps: int. Batches to train on.
        seed: int. Of weights and order.

    Returns:
        `keras.Model`, images in `[-1, 1]` -> logits.
    """
    import keras
    from keras import layers

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
    print(f"training a classifier on {len(data):,} real images", flush=True)
    classifier.fit(batches, steps_per_epoch=steps // epochs, epochs=epochs, verbose=2, shuffle=False)
    return classifier


def command_of(options):
    """The command line that gives these scores, without paths of the machine: cards are published."""
    words = ["keras-gans", "judge-domains", portable(options.directory), "--data", portable(options.data)]
    given = {"--crop": options.crop, "--resolution": options.resolution}
    if options.test_data is not None:
        given["--test-data"] = portable(options.test_data)
    for name, value in given.items():
        words += [] if value is None else [name, str(value)]
    return shlex.join([*words, "--steps", str(options.steps), "--seed", str(options.seed)])
