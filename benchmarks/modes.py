"""Mode collapse made visible: eight Gaussians on a ring, and what each adversarial loss makes of them.

python benchmarks/modes.py                        the table
python benchmarks/modes.py --out modes.png        and the picture: data, then the points of each generator

Dense networks, Adam and the package's own `LatentGAN`, which sees points as images of one pixel with two
colours, are the same for all; losses whose papers train the critic ahead get three of its steps for one of
the generator. Two numbers a loss: a sample within three standard deviations of a centre is of high quality,
and a mode is covered if at least 1 % of all samples are of high quality around it.
"""

import argparse
import time

import numpy as np
from PIL import Image, ImageDraw

MODES = 8
RADIUS = 2.0
DEVIATION = 0.05
WITHIN = 3.0  # standard deviations
LEAST_SHARE = 0.01
LATENT_DIM = 16
WIDTH = 128
BATCH = 256
SAMPLES = 4096
PIXELS = 240  # of a panel
SPAN = 1.5 * RADIUS  # from the middle of a panel to its edge


def centres():
    """The eight centres, `(8, 2)`."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def draw_points(count, seed):
    """Draws from the mixture, `(count, 2)`, every centre equally likely."""
    random = np.random.default_rng(seed)
    noise = DEVIATION * random.standard_normal((count, 2))
    return (centres()[random.integers(0, MODES, count)] + noise).astype("float32")


def score(points):
    """Counts the modes that `points` cover and the share of points of high quality.

    Args:
        points: float array, `(count, 2)`.

    Returns:
        int in `[0, 8]`, and float in `[0, 1]`.
    """
    distances = np.linalg.norm(points[:, None] - centres()[None], axis=2)  # (count, modes)
    close = distances.min(axis=1) <= WITHIN * DEVIATION
    counts = np.bincount(distances.argmin(axis=1)[close], minlength=MODES)
    return int(np.sum(counts >= LEAST_SHARE * len(points))), float(close.mean())


def games():
    """Every game: name -> (adversarial loss, discriminator's terms, its options, its steps)."""
    from keras_gans import losses

    return {
        "minimax": (losses.Minimax(), [], {}, 1),
        "non-saturating": (losses.NonSaturating(), [], {}, 1),
        "least squares": (losses.LeastSquares(), [], {}, 1),
        "Wasserstein, clipping": (losses.Wasserstein(), [], {"clip": 0.1}, 3),
        "Wasserstein, penalty": (losses.Wasserstein(), [losses.GradientPenalty(weight=1.0)], {}, 3),
        "hinge, spectral norm": (losses.Hinge(), [], {"spectral_norm": True}, 3),
        "non-saturating, R1": (losses.NonSaturating(), [losses.R1(weight=1.0)], {}, 1),
    }


def networks(clip=None, spectral_norm=False):
    """Returns generator and discriminator: three hidden layers of rectifiers each."""
    import keras

    from keras_gans.layers import Clip, SpectralDense

    class Generator(keras.Model):
        """Latents -> points, as images `(batch, 1, 1, 2)`."""

        latent_dim = LATENT_DIM

        def __init__(self, name="generator", dtype=None):  # the trainer's average asks for float32
            latents = keras.Input((LATENT_DIM,), name="latents")
            x = latents
            for _ in range(3):
                x = keras.layers.Dense(WIDTH, activation="relu", kernel_initializer="he_normal")(x)
            points = keras.layers.Reshape((1, 1, 2))(keras.layers.Dense(2)(x))
            super().__init__(latents, points, name=name)

        def get_config(self):
            return {"name": self.name}

    def dense(units):
        if spectral_norm:
            return SpectralDense(units)
        constraint = Clip(clip) if clip is not None else None
        return keras.layers.Dense(
            units,
            kernel_initializer="he_normal",
            kernel_constraint=constraint,
            bias_constraint=constraint,
        )

    pixels = keras.Input((1, 1, 2), name="images")
    x = keras.layers.Flatten()(pixels)
    for _ in range(3):
        x = keras.layers.LeakyReLU(negative_slope=0.2)(dense(WIDTH)(x))
    return Generator(), keras.Model(pixels, dense(1)(x), name="discriminator")


def train(name, *, steps, seed):
    """Trains one game and returns points of its generator, `(SAMPLES, 2)`."""
    import keras
    import tensorflow as tf

    from keras_gans import training

    loss, terms, options, discriminator_steps = games()[name]
    keras.utils.set_random_seed(seed)
    generator, discriminator = networks(**options)
    gan = training.LatentGAN(
        generator,
        discriminator,
        adversarial_loss=loss,
        discriminator_terms=terms,
        discriminator_steps=discriminator_steps,
        average=training.ExponentialMovingAverage(decay=0.0),
        seed=seed,
    )

    def adam():
        return keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9, epsilon=1e-8)

    gan.compile(discriminator_optimizer=adam(), generator_optimizer=adam())
    batch = BATCH * discriminator_steps
    real = draw_points(64 * batch, seed).reshape(64, batch, 1, 1, 2)
    batches = tf.data.Dataset.from_tensor_slices({"images": real}).repeat()
    gan.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
    latents = np.random.default_rng(seed).standard_normal((SAMPLES, LATENT_DIM), "float32")
    return np.asarray(gan(latents)).reshape(-1, 2)


def panel(points, *lines):
    """Draws points as a square picture with lines of text: uint8 `(PIXELS, PIXELS, 3)`."""
    bins = np.linspace(-SPAN, SPAN, PIXELS + 1)
    counts, _, _ = np.histogram2d(-points[:, 1], points[:, 0], bins=[bins, bins])
    # Every point is a dot of three pixels, darker where several meet.
    padded = np.pad(counts, 1)
    dots = sum(padded[y : y + PIXELS, x : x + PIXELS] for y in range(3) for x in range(3))
    ink = 1.0 - np.exp(-0.4 * dots)[..., None]
    colour = np.array([20, 60, 160])
    picture = Image.fromarray(np.rint(255 * (1 - ink) + colour * ink).astype("uint8"))
    drawing = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        drawing.text((6, 4 + 13 * number), line, fill=(0, 0, 0))
    drawing.rectangle((0, 0, PIXELS - 1, PIXELS - 1), outline=(160, 160, 160))
    return np.asarray(picture)


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", help="PNG file to draw")
    parser.add_argument("--steps", type=int, default=3000, help="of the generator (default: 3000)")
    parser.add_argument("--seed", type=int, default=0, help="(default: 0)")
    arguments = parser.parse_args(argv)

    import keras_gans_cli

    keras_gans_cli.import_quietly()
    from keras_gans import images

    panels = [panel(draw_points(SAMPLES, 1), "data")]
    print("| loss | modes of 8 | high quality | processor seconds |\n|---|---|---|---|", flush=True)
    for name in games():
        start = time.process_time()
        points = train(name, steps=arguments.steps, seed=arguments.seed)
        modes, quality = score(points)
        seconds = time.process_time() - start
        print(f"| {name} | {modes} | {100 * quality:.0f} % | {seconds:.0f} |", flush=True)
        panels.append(panel(points, name, f"{modes} of 8 modes, {100 * quality:.0f} % high quality"))
    if arguments.out:
        images.write_png(arguments.out, images.grid(np.stack(panels), columns=4, padding=4))


if __name__ == "__main__":
    main()
