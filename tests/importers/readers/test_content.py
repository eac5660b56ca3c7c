"""What readers give."""

import dataclasses

import pytest

from keras_gans.importers.readers import Network, Unreadable


def test_what_was_read_does_not_change():
    network = Network("Generator", {"z_dim": 4}, {})
    assert not network.flat
    with pytest.raises(dataclasses.FrozenInstanceError):
        network.class_name = "other"
    assert issubclass(Unreadable, ValueError)
