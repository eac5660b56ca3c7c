import numpy as np
import pytest

from harness import assert_close, random_inputs
from keras_gans.images import to_unit
from keras_gans.networks import StyleGAN2Generator, mix_styles, truncate_styles

STYLES, OTHER, AVERAGE = random_inputs([(3, 4, 5), (3, 4, 5), (5,)])
SMALL = {"resolution": 8, "latent_dim": 5, "style_dim": 6, "mapping_layers": 2, "channel_base": 32}


@pytest.mark.parametrize("cutoff, moved", [(None, 4), (9, 4), (4, 4), (2, 2), (0, 0)])
def test_truncation(cutoff, moved):
    expected = STYLES.copy()
    expected[:, :moved] = AVERAGE + 0.25 * (STYLES[:, :moved] - AVERAGE)
    assert_close(truncate_styles(STYLES, AVERAGE, 0.25, cutoff), expected, 1e-6)


def test_truncation_of_each_example():
    truncated = np.asarray(truncate_styles(STYLES, AVERAGE, np.array([[1.0], [0.0], [0.5]], "float32")))
    assert_close(truncated[0], STYLES[0], 1e-6)
    assert_close(truncated[1], np.broadcast_to(AVERAGE, (4, 5)), 1e-6)
    assert_close(truncated[2], (AVERAGE + STYLES[2]) / 2, 1e-6)


def test_mixing():
    for crossover in range(5):
        expected = np.concatenate([STYLES[:, :crossover], OTHER[:, crossover:]], axis=1)
        np.testing.assert_array_equal(mix_styles(STYLES, OTHER, crossover), expected)
    mixed = np.asarray(mix_styles(STYLES, OTHER, np.array([0, 4, 1])))
    np.testing.assert_array_equal(mixed[0], OTHER[0])
    np.testing.assert_array_equal(mixed[1], STYLES[1])
    np.testing.assert_array_equal(mixed[2], np.concatenate([STYLES[2, :1], OTHER[2, 1:]]))


@pytest.fixture(scope="module")
def generator():
    return make()


@pytest.fixture(scope="module")
def conditional():
    return make(num_classes=3)


def make(**options):
    generator = StyleGAN2Generator(**SMALL, **options)
    random = np.random.default_rng(0)
    generator.style_average.average.assign(random.standard_normal(6))
    for layer in generator.synthesis.layers:
        if layer.name.endswith("_noise"):  # strengths start at zero, where nothing could be seen
            layer.strength.assign(0.5)
    return generator


def test_styles_and_noise(generator):
    latents = random_inputs([(2, 5)])
    styles = generator.styles(latents)
    assert styles.shape == (2, generator.num_styles, 6) == (2, 4, 6)
    assert np.all(np.asarray(styles) == np.asarray(styles)[:, :1])
    assert generator.noise_shapes == [(4, 4, 1), (8, 8, 1), (8, 8, 1)]
    images = np.asarray(generator.synthesize(styles))
    np.testing.assert_array_equal(images, generator(latents))
    noise = [layer.constant.numpy()[None].repeat(2, axis=0) for layer in generator.noise_constants]
    assert_close(generator.synthesize(styles, noise), images, 1e-6)
    noise[1][1] = 0.0  # of the second example alone
    changed = np.asarray(generator.synthesize(styles, noise))
    assert_close(changed[0], images[0], 1e-6)
    assert np.max(np.abs(changed[1] - images[1])) > 1e-3


def test_the_average_follows_training(generator):
    layer = generator.style_average
    before = layer.average.numpy()
    latents = random_inputs([(4, 5)])
    w = np.asarray(generator.styles(latents))[:, 0]
    np.testing.assert_array_equal(layer.average, before)
    generator.styles(latents, training=True)
    assert_close(layer.average, 0.995 * before + 0.005 * w.mean(axis=0), 1e-6)
    layer.average.assign(before)


def test_truncation_with_a_cutoff(generator):
    styles = random_inputs([(2, 4, 6)])
    average = generator.style_average.average.numpy()
    for cutoff, moved in ((None, 4), (4, 4), (1, 1), (0, 0)):
        expected = styles.copy()
        expected[:, :moved] = average + 0.5 * (styles[:, :moved] - average)
        assert_close(generator.truncate(styles, 0.5, cutoff), expected, 1e-6)
    with pytest.raises(ValueError, match=r"`cutoff` must be a number of styles.*Received: -1"):
        generator.truncate(styles, 0.5, -1)


@pytest.mark.parametrize("crossover", [-1, 5])
def test_crossovers_that_no_image_has(crossover):
    with pytest.raises(ValueError, match=f"from 0 to 4. Received: {crossover}"):
        mix_styles(STYLES, OTHER, crossover)


def test_noise_of_seeds(generator):
    """Standard normal, another for every layer and seed, the same whatever the batch."""
    noise = [np.asarray(one) for one in generator.noise_of([7, 8, 7])]
    assert [one.shape[1:] for one in noise] == generator.noise_shapes
    for one in noise:
        np.testing.assert_array_equal(one[0], one[2])
        assert np.abs(one[0] - one[1]).max() > 0.1
    assert np.abs(noise[1][0] - noise[2][0]).max() > 0.1
    for one, alone in zip(noise, generator.noise_of([8]), strict=True):
        np.testing.assert_array_equal(one[1:2], alone)
    many = np.concatenate([np.ravel(one) for one in generator.noise_of(np.arange(200))])
    assert abs(many.mean()) < 0.02 and abs(many.std() - 1.0) < 0.02
    scaled = generator.noise_of([7, 8], np.array([[0.0], [2.0]], "float32"))
    for one, by in zip(noise, scaled, strict=True):
        assert not np.asarray(by[0]).any()
        assert_close(by[1], 2.0 * one[1], 1e-6)
    with pytest.raises(ValueError, match=r"`noise` needs 3 tensors. Received: 2"):
        generator.synthesize(generator.styles(random_inputs([(3, 5)])), noise[:2])


def specs_of(endpoints):
    return {name: {key: spec.shape for key, spec in specs.items()} for name, (_, specs) in endpoints.items()}


def test_endpoints(generator):
    endpoints = generator.endpoints()
    assert specs_of(endpoints) == {
        "default": {"z": (None, 5)},
        "sample": {"z": (None, 5), "truncation": ()},
        "mapping": {"z": (None, 5), "truncation": ()},
        "synthesis": {"w": (None, 4, 6)},
        "synthesis_with_noise": {"w": (None, 4, 6), "seeds": (None,), "strength": ()},
        "mix": {"z1": (None, 5), "z2": (None, 5), "crossover": ()},
    }
    crossover = endpoints["mix"][1]["crossover"]
    assert (crossover.minimum, crossover.maximum, crossover.dtype) == (0, 4, "int32")
    call = {name: function for name, (function, _) in endpoints.items()}
    z, other = random_inputs([(2, 5), (2, 5)])
    whole = np.asarray(call["default"](z=z))
    assert_close(whole, to_unit(generator(z)), 1e-6)
    one = np.ones((2, 1), "float32")
    assert_close(call["sample"](z=z, truncation=one), whole, 1e-6)
    w = np.asarray(call["mapping"](z=z, truncation=0.5 * one))
    average = generator.style_average.average.numpy()
    assert_close(w, average + 0.5 * (np.asarray(generator.styles(z)) - average), 1e-6)
    images = call["synthesis"](w=w)
    assert_close(images, to_unit(generator.synthesize(w)), 1e-6)
    assert_close(call["sample"](z=z, truncation=0.5 * one), images, 1e-6)
    seeds = np.array([3, 5])
    noisy = np.asarray(call["synthesis_with_noise"](w=w, seeds=seeds, strength=one))
    assert_close(noisy, to_unit(generator.synthesize(w, generator.noise_of(seeds))), 1e-6)
    silent = np.asarray(call["synthesis_with_noise"](w=w, seeds=seeds, strength=0.0 * one))
    nothing = [np.zeros((2, *shape), "float32") for shape in generator.noise_shapes]
    assert_close(silent, to_unit(generator.synthesize(w, nothing)), 1e-6)
    for first, second in ((noisy, silent), (noisy, images), (silent, images)):
        assert np.max(np.abs(first - second)) > 1e-3
    assert_close(call["mix"](z1=z, z2=other, crossover=4), whole, 1e-6)
    assert_close(call["mix"](z1=other, z2=z, crossover=0), whole, 1e-6)
    mixed = mix_styles(generator.styles(z), generator.styles(other), 1)
    assert_close(call["mix"](z1=z, z2=other, crossover=1), to_unit(generator.synthesize(mixed)), 1e-6)


def test_conditional_endpoints(conditional):
    endpoints = conditional.endpoints()
    assert specs_of(endpoints) == {
        "default": {"z": (None, 5), "y": (None, 3), "truncation": ()},
        "sample": {"z": (None, 5), "y": (None, 3), "truncation": ()},
        "mapping": {"z": (None, 5), "y": (None, 3), "truncation": ()},
        "synthesis": {"w": (None, 4, 6)},
        "synthesis_with_noise": {"w": (None, 4, 6), "seeds": (None,), "strength": ()},
        "mix": {"z1": (None, 5), "z2": (None, 5), "y": (None, 3), "crossover": ()},
    }
    z, labels = random_inputs([(2, 5)]), np.array([2, 0])
    y, one = np.eye(3, dtype="float32")[labels], np.ones((2, 1), "float32")
    images = endpoints["default"][0](z=z, y=y, truncation=one)
    assert_close(images, to_unit(conditional([z, labels])), 1e-6)
    assert_close(endpoints["mix"][0](z1=z, z2=-z, y=y, crossover=4), images, 1e-6)
    same = endpoints["mapping"][0](z=z[[0, 0]], y=y, truncation=one)
    assert np.max(np.abs(same[0] - same[1])) > 1e-3
