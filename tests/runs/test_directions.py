import re
import types

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import hub, latent, runs
from keras_gans.latent import attributes
from keras_gans.runs import directions as finding


@pytest.fixture(scope="module")
def painter(preset):
    return hub.load(preset)


@pytest.fixture(scope="module")
def stylist(styled):
    return hub.load(styled.path)


def assert_same_line(left, right):
    assert abs(left @ right) / np.linalg.norm(left) / np.linalg.norm(right) > 0.999


def test_components_of_styles(stylist):
    """A vector is as long as styles deviate along it."""
    found = runs.principal_directions(stylist, count=3, num=600)
    styles = stylist.styles(stylist.random_latents(600))[:, 0]
    vectors, deviations = latent.principal_components(styles, 3)
    np.testing.assert_allclose(found.vectors, vectors * deviations[:, None], rtol=1e-4, atol=1e-5)
    assert (found.model, found.space, found.method) == (stylist.name, "w", "pca")
    np.testing.assert_allclose(found.facts["deviation"], deviations)


def test_directions_of_the_first_layer(painter, monkeypatch):
    monkeypatch.setattr(finding, "_FIRST_KERNEL", re.compile("^painter/kernel"))
    [kernel] = finding.kernels_of(painter, "z")
    assert kernel.shape == (5, 48)
    left = np.linalg.svd(kernel / np.linalg.norm(kernel, axis=0))[0]
    found = runs.singular_directions(painter, count=3)
    assert (found.space, found.method) == ("z", "sefa")
    for number in range(3):
        assert_same_line(found.vectors[number], left[:, number])
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1.0, rtol=1e-5)
    components = runs.principal_directions(painter, count=1, num=3000).vectors[0]
    first = np.linalg.svd(kernel)[0][:, 0]
    assert abs(components @ first) > 0.9


def named(**shapes):
    values = {name: np.random.default_rng(0).standard_normal(shape) for name, shape in shapes.items()}
    variables = [tf.Variable(tf.constant(v, "float32"), name=name) for name, v in values.items()]
    loaded = types.SimpleNamespace(variables=variables)
    return types.SimpleNamespace(name="m", style_shape=(4, 6), latent_shape=(5,), loaded=loaded), values


def test_weights_are_known_by_their_names():
    """Of styles those of convolutions, from the coarsest, whatever their order in the file."""
    names = ("16x16_conv0_style", "4x4_conv1_style", "8x8_conv1_style", "8x8_conv0_style", "4x4_to_rgb_style")
    model, _ = named(**{f"{name}/kernel": (6, 3 + i) for i, name in enumerate(names)}, **{"b/bias": (6,)})
    found = finding.kernels_of(model, "w")
    assert [kernel.shape[1] for kernel in found] == [4, 6, 5, 3]
    model, _ = named(**{"a/kernel": (5, 2), "dense/bias": (5,)})
    with pytest.raises(
        ValueError, match=r"of m that takes the 5 numbers of z .* It has a/kernel \(5, 2\)\. Pass"
    ):
        finding.kernels_of(model, "z")
    model, _ = named(**{"dense/kernel": (5, 2), "linear/kernel": (5, 2)})
    with pytest.raises(ValueError, match=r"is not known by its name"):
        finding.kernels_of(model, "z")


def test_weights_without_names(stylist):
    with pytest.raises(
        ValueError, match=r"names none that takes so many numbers.* Pass its weights as `kernels`"
    ):
        runs.singular_directions(stylist)
    kernels = [np.eye(8)[:, :3], np.eye(8)[:, 2:4]]
    found = runs.singular_directions(stylist, kernels=kernels, layers=(1, 1), count=2)
    assert np.abs(found.vectors[:, [0, 1, *range(4, 8)]]).max() < 1e-6
    with pytest.raises(ValueError, match=r"must lie in 0-1, upwards. Received: 1-2"):
        runs.singular_directions(stylist, kernels=kernels, layers=(1, 2))


def test_normals(painter):
    """Of images sorted by one number of their latents, that number; conditional ones leave each other "
    "alone."""
    seeds = np.arange(200)
    latents = painter.latents(seeds)
    labels = {
        name: (seeds[latents @ normal > 0], seeds[latents @ normal <= 0])
        for name, normal in (("first", np.eye(5)[0]), ("both", np.array([0.6, 0.8, 0, 0, 0])))
    }
    found = runs.normal_directions(painter, labels)
    assert found.facts["names"] == ["first", "both"] and min(found.facts["accuracy"]) > 0.9
    assert found.vectors[0][0] > 0.97 and found.vectors[1] @ [0.6, 0.8, 0, 0, 0] > 0.97
    apart = runs.normal_directions(painter, labels, conditional=True)
    assert abs(apart.vectors[1] @ found.vectors[0]) < 1e-5
    with pytest.raises(ValueError, match=r"'few' needs 3 or more seeds .* Received: 2 and 5"):
        runs.normal_directions(painter, {"few": ([1, 2], range(5))})
    few = runs.normal_directions(painter, {"few": ([1, 2, 3], range(4, 8))})
    assert np.isnan(few.facts["accuracy"][0]) or few.facts["accuracy"][0] <= 1.0


def test_normals_of_styles(stylist):
    labels = runs.attribute_labels(stylist, ["bright"], num=150)
    found = runs.normal_directions(stylist, labels)
    latents = stylist.latents(range(20))
    ends = [
        stylist.edit(latents, {"n.0": way}, directions={"n.0": hub.Direction(found.vectors[0], "w")})
        for way in (-2.0, 2.0)
    ]
    least, most = (attributes.measure("bright", images).mean() for images in ends)
    assert most > least


def test_attributes_of_seeds(painter):
    labels = runs.attribute_labels(painter, ["bright", "large"], num=20)
    images = painter.generate(painter.latents(range(20)))
    most, least = labels["bright"]
    assert list(labels) == ["bright", "large"] and len(most) == len(least) == 6
    assert not set(most) & set(least) and images[most].mean() > images[least].mean()
    with pytest.raises(ValueError, match=r"An attribute is one of"):
        runs.attribute_labels(painter, ["nice"])


def test_spaces(painter, stylist):
    assert (finding.space_of(painter, None), finding.space_of(stylist, None)) == ("z", "w")
    with pytest.raises(ValueError, match=r"must be z. Received: 'w'"):
        runs.principal_directions(painter, space="w")
    with pytest.raises(ValueError, match=r"those of vectors. Latents of m are \(4, 4\)"):
        finding.space_of(types.SimpleNamespace(name="m", latent_shape=(4, 4), style_shape=None), None)
