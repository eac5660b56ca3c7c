import dataclasses

from keras_gans import losses, presets
from keras_gans.presets.classifier import AuxiliaryClassifier


def test_class_terms_are_there_with_classes_only():
    for name, weights in (("progan_emoji_32", (1.0, 1.0)), ("wgan_gp_cifar10_32", (1.0, 0.1))):
        preset = presets.get(name)
        assert isinstance(preset, AuxiliaryClassifier)
        without, with_classes = preset.options(0), preset.options(3)
        assert without["discriminator_terms"] == preset.discriminator_terms
        assert without["generator_terms"] == ()
        added = with_classes["discriminator_terms"][len(preset.discriminator_terms) :]
        assert added == (losses.RealFakeClassification(weight=weights[0]),)
        assert with_classes["generator_terms"] == (losses.FakeClassification(weight=weights[1]),)


def test_its_fields():
    names = {field.name for field in dataclasses.fields(AuxiliaryClassifier)}
    names -= {field.name for field in dataclasses.fields(presets.Preset)}
    assert names == {"discriminator_class_terms", "generator_class_terms"}
