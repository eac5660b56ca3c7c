"""What tests of importers share: every tensor is used once, and none may be absent."""

import numpy as np
import pytest
from reference import translation_numpy
from reference.parity import assert_parity, channels_last


def assert_same_shapes(ours, tensors):
    """The arrays of `ours` have the names and the shapes of the tensors."""
    shapes = [{name: array.shape for name, array in arrays.items()} for arrays in (ours, tensors)]
    assert shapes[0] == shapes[1]


def assert_same_numbers(networks, tensors, *, trainable=False):
    """The networks hold the numbers of the tensors, every one once.

    Args:
        networks: iterable of networks.
        tensors: dict of arrays.
        trainable: bool. Whether only the networks' trainable weights are meant.
    """
    weights = [w for each in networks for w in (each.trainable_weights if trainable else each.weights)]
    np.testing.assert_array_equal(_sorted(weights), _sorted(tensors.values()))


def _sorted(arrays):
    return np.sort(np.concatenate([np.ravel(array) for array in arrays]))


def assert_translators_agree(networks, tensors, config, *, generator, size=None):
    """A generator and its PatchGAN give what their NumPy forms give, for random images.

    Args:
        networks: dict of "generator" and "discriminator".
        tensors: dict of arrays.
        config: dict. As the importer takes it.
        generator: function of (tensors, options, images), in NumPy.
        size: int. Height and width of the images where the configuration has no resolution.
    """
    random, size = np.random.default_rng(1), config.get("resolution", size)
    for player, options, reference in (
        ("generator", config["G"], generator),
        ("discriminator", config["D"], translation_numpy.patchgan),
    ):
        images = random.standard_normal((3, options.get("input_nc", 3), size, size)).astype("float32")
        expected = channels_last(reference(tensors, options, images))
        assert np.std(expected) > 0.1
        assert_parity(networks[player](channels_last(images)), expected)


def fill_again(importer, networks, monkeypatch):
    """From now on an importer fills these networks, instead of making new ones.

    Args:
        importer: module with `networks_from_tensors`.
        networks: dict of networks, as it returns them, of the configuration that is used from now on.
        monkeypatch: the fixture.
    """
    for network in networks.values():
        name = type(network).__name__
        if hasattr(importer, name):
            monkeypatch.setattr(importer, name, lambda network=network, **arguments: network)


def assert_each_is_needed(importer, config, tensors, *, names=None, monkeypatch):
    """The error for an absent tensor names it.

    Args:
        importer: module with `networks_from_tensors`. Its networks are built once, not each time.
        config: dict. As the importer takes it.
        tensors: dict of arrays, which are complete.
        names: iterable of str. The tensors to leave out, one at a time; `None` means each of them.
        monkeypatch: the fixture.
    """
    fill_again(importer, importer.networks_from_tensors(config, tensors), monkeypatch)
    for name in tensors if names is None else names:
        rest = {other: array for other, array in tensors.items() if other != name}
        with pytest.raises(ValueError, match=f"'{name}', which is missing"):
            importer.networks_from_tensors(config, rest)


def assert_keys_are_checked(importer, config, tensors, *, unknown, required):
    """An unknown key of the configuration and one that is missing are errors, which name it.

    Args:
        importer: module with `networks_from_tensors`.
        config: dict. As the importer takes it.
        tensors: dict of arrays.
        unknown: str. A key that there is not.
        required: str. A key that must be there.
    """
    with pytest.raises(ValueError, match=rf"unknown: \['{unknown}'\]"):
        importer.networks_from_tensors({**config, unknown: 16}, tensors)
    with pytest.raises(ValueError, match=rf"missing: \['{required}'\]"):
        importer.networks_from_tensors({k: v for k, v in config.items() if k != required}, tensors)
