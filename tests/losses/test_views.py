import dataclasses

import pytest

from harness import discriminator_view, generator_view
from keras_gans.losses import DiscriminatorView, GeneratorView

BOTH = pytest.mark.parametrize("make", [discriminator_view, generator_view])


@BOTH
def test_a_misspelt_attribute_raises(make):
    with pytest.raises(AttributeError):
        make().fake_image  # noqa: B018
    with pytest.raises(TypeError):
        make(fake_image=0)


@BOTH
def test_frozen(make):
    view = make(labels=1)
    assert view.labels == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        view.labels = 2


@pytest.mark.parametrize("view", [DiscriminatorView, GeneratorView])
def test_by_keyword_and_nothing_is_optional(view):
    fields = dataclasses.fields(view)
    assert all(field.kw_only and field.default is dataclasses.MISSING for field in fields)
    with pytest.raises(TypeError):
        view(*range(len(fields)))
    with pytest.raises(TypeError, match="labels"):
        view(**{field.name: 0 for field in fields if field.name != "labels"})


def test_a_generator_has_no_real_images():
    names = {field.name for field in dataclasses.fields(GeneratorView)}
    assert not [name for name in names if "real" in name]
