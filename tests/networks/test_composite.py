import keras
import numpy as np

from harness import random_inputs
from keras_gans.networks import CycleGANGenerator, CycleGANTranslator


def test_networks_survive_saving_with_their_weights(tmp_path):
    """And so do names and what is trainable, of the whole and of a part."""
    options = {"num_blocks": 0, "width": 2}
    first, second = (CycleGANGenerator(name=name, **options) for name in ("there", "back"))
    composite = CycleGANTranslator(first, second, name="both")
    assert composite.forward is first and composite.built
    assert composite.count_params() == first.count_params() + second.count_params()
    second.trainable = False
    composite.save(tmp_path / "networks.keras")
    loaded = keras.saving.load_model(tmp_path / "networks.keras")
    assert type(loaded) is CycleGANTranslator and loaded.name == "both"
    assert loaded.get_config() == composite.get_config()
    assert (loaded.forward.name, loaded.backward.name) == ("there", "back")
    assert (loaded.forward.trainable, loaded.backward.trainable) == (True, False)
    images = random_inputs([(2, 8, 8, 3)])
    np.testing.assert_array_equal(loaded(images), composite(images))
    np.testing.assert_array_equal(loaded.backward(images), second(images))
    composite.trainable = False
    assert not CycleGANTranslator.from_config(composite.get_config()).trainable
