"""Networks of a layer or two with the members that trainers ask of networks, for steps that are traced."""

import keras

import small
from keras_gans.layers import Constant, StyleAverage
from keras_gans.networks.style_generator import StyleGenerator
from keras_gans.serialization import Network


@keras.saving.register_keras_serializable("tests")
class PlainStyleGenerator(StyleGenerator, Network):
    """Styles from a dense layer, images from another and one noise."""

    num_classes, num_styles, style_dim = 0, 3, 4

    def __init__(self, *, latent_dim=small.LATENT_DIM, dtype=None, name="generator"):
        layers, width = keras.layers, self.style_dim
        latents = keras.Input((latent_dim,), name="latents")
        mapping = keras.Model(latents, layers.Dense(width, activation="gelu")(latents), name="mapping")
        styles, noise = keras.Input((self.num_styles, width), name="styles"), keras.Input((4, 4, 1))
        image = layers.Reshape((4, 4, 3))(layers.Dense(48, activation="tanh")(layers.Flatten()(styles)))
        image = layers.Add(dtype="float32")([image, layers.Conv2D(3, 1, use_bias=False)(noise)])
        synthesis = keras.Model([styles, noise], image, name="synthesis")
        average = StyleAverage(decay=0.9, dtype="float32", name="style_average")
        stored = Constant((4, 4, 1), initializer="zeros", learned=False, dtype="float32", name="noise")
        mapped = keras.ops.repeat(average(mapping(latents))[:, None], self.num_styles, axis=1)
        super().__init__(latents, synthesis([mapped, stored(mapped)]))
        self.mapping, self.style_average, self.synthesis = mapping, average, synthesis
        self.noise_constants = [stored]


def image_input():
    return keras.Input((4, 4, 3), name="images")


def features(images):
    return keras.layers.Flatten()(keras.layers.Conv2D(4, 3, activation="gelu")(images))


def style_pair():
    """Generator and discriminator of a trainer of styles."""
    keras.utils.set_random_seed(3)
    images = image_input()
    logit = keras.layers.Dense(1, dtype="float32", name="logit")(features(images))
    return PlainStyleGenerator(), small.Plain(images, logit, name="discriminator")


@keras.saving.register_keras_serializable("tests")
class PlainDenoiser(Network):
    """A convolution of the image, scaled by the timestep and, where there are classes, the label."""

    resolution, channels = 4, 3

    def __init__(self, *, num_classes=0, dtype=None, name="denoiser"):
        layers, images = keras.layers, image_input()
        timesteps = keras.Input((), name="timesteps")
        labels = [keras.Input((), dtype="int32", name="labels")] if num_classes else []
        known = [layers.Reshape((1,))(timesteps) / 20.0]
        known += [keras.ops.one_hot(label, num_classes) for label in labels]  # zeros for the label -1
        scale = layers.Dense(4, activation="gelu")(keras.ops.concatenate(known, axis=-1))
        hidden = layers.Conv2D(4, 3, padding="same", activation="gelu")(images)
        hidden = layers.Multiply()([hidden, layers.Reshape((1, 1, 4))(scale)])
        super().__init__([images, timesteps, *labels], layers.Conv2D(3, 1, dtype="float32")(hidden))


@keras.saving.register_keras_serializable("tests")
class PlainTranslator(small.Plain):
    """A network that turns images into one of three domains, or the judge of these."""

    num_classes = 3


def domain_pair():
    """Generator and discriminator of StarGAN."""
    keras.utils.set_random_seed(3)
    layers, images, labels = keras.layers, image_input(), keras.Input((3,), name="labels")
    scale = layers.Reshape((1, 1, 4))(layers.Dense(4)(labels))
    hidden = layers.Multiply()([layers.Conv2D(4, 3, padding="same")(images), scale])
    output = layers.Conv2D(3, 1, activation="tanh", dtype="float32")(hidden)
    generator = PlainTranslator([images, labels], output, name="generator")
    images = image_input()
    hidden = layers.Conv2D(4, 3, activation="gelu")(images)
    scores = layers.Conv2D(1, 1, dtype="float32")(hidden)
    classes = layers.Dense(3, dtype="float32")(layers.Flatten()(hidden))
    return generator, small.Plain(images, [scores, classes], name="discriminator")


@keras.saving.register_keras_serializable("tests")
class PlainStyled(small.Plain):
    """One of the four networks of StarGAN v2."""

    latent_dim, style_dim, num_classes, resolution, channels, high_pass = 4, 3, 2, 4, 3, 0.0

    def encode(self, images):
        return [images]

    def decode(self, features, styles):
        return self([*features, styles])


def styled_four():
    """The networks of StarGAN v2."""
    keras.utils.set_random_seed(3)
    layers, images = keras.layers, image_input()
    styles, latents = keras.Input((3,), name="styles"), keras.Input((4,), name="latents")
    labels = keras.Input((), dtype="int32", name="labels")
    domains = keras.ops.one_hot(labels, 2)

    def of_domain(values, units):
        scale = layers.Dense(units, dtype="float32")(domains)
        return layers.Multiply(dtype="float32")([layers.Dense(units, dtype="float32")(values), scale])

    scaled = layers.Multiply()(
        [layers.Conv2D(4, 1)(images), layers.Reshape((1, 1, 4))(layers.Dense(4)(styles))]
    )
    translated = layers.Conv2D(3, 3, padding="same", dtype="float32")(scaled)
    return [
        PlainStyled([images, styles], translated, name="generator"),
        PlainStyled([latents, labels], of_domain(latents, 3), name="mapping_network"),
        PlainStyled([images, labels], of_domain(features(images), 3), name="style_encoder"),
        PlainStyled([images, labels], of_domain(features(images), 1), name="discriminator"),
    ]
