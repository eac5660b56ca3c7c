"""What runs of growing pairs share."""

import pytest

from keras_gans import training


@pytest.fixture(scope="module")
def untraced():
    """Steps of growing pairs are not traced: the few of a run cost less than one trace for each phase."""
    with pytest.MonkeyPatch.context() as patch:
        always = property(lambda self: True, lambda self, value: None)
        patch.setattr(training.ProgressiveGAN, "run_eagerly", always)
        yield
