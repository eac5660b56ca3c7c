import functools
import json
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import networks
from keras_gans.export import consumers, export, signatures

# Takes the arguments of a whole process: test_conformance.py runs it in one.
IN_PROCESS = [name for name in consumers.CONSUMERS if name != "saved_model_cli"]
TRANSLATED = ["tf.saved_model.load", "TFSMLayer", "guards", "batch sizes", "gradient", "all endpoints"]


@pytest.fixture(scope="module")
def subject():
    """`subject(path)`: the same object for all consumers, which so load a model once."""
    return functools.cache(consumers.Subject)


@pytest.mark.parametrize("consumer", IN_PROCESS)
def test_conditional(consumer, conditional, subject):
    consumers.CONSUMERS[consumer](subject(conditional))


@pytest.mark.parametrize(
    "consumer", ["TFSMLayer", *(pytest.param(one, marks=pytest.mark.full) for one in IN_PROCESS)]
)
def test_unconditional(consumer, exported, subject):
    consumers.CONSUMERS[consumer](subject(exported))


def pix2pix():
    """Seeds beside the images."""
    return networks.Pix2PixGenerator(num_downs=2, width=2)


def cyclegan():
    """Two directions."""
    both = [networks.CycleGANGenerator(num_blocks=1, width=2, batch_norm=True) for _ in range(2)]
    return networks.CycleGANTranslator(*both)


def stargan():
    """Labels beside the images."""
    return networks.StarGANGenerator(width=2, num_blocks=1, num_classes=3)


def stargan_v2():
    """Styles and masks beside the images."""
    size = {"resolution": 32, "width": 2, "max_width": 2, "style_dim": 3}
    return networks.StarGANv2(
        generator=networks.StarGANv2Generator(high_pass=1.0, **size),
        mapping_network=networks.StarGANv2MappingNetwork(width=4, style_dim=3),
        style_encoder=networks.StarGANv2StyleEncoder(**size),
    )


@pytest.fixture(scope="module")
def translator(make_card, tmp_path_factory):
    """`translator(make)` -> path of the export of the network that `make` builds."""

    @functools.cache
    def exported(make):
        path = tmp_path_factory.mktemp("savedmodels") / "1"
        return export(make(), path, card=make_card())

    return exported


@pytest.mark.parametrize("make", [cyclegan, stargan, stargan_v2])
def test_endpoints_take_their_examples(make):
    """What an export would offer, without the export: one row and two, which agree."""
    for name, (function, specs) in make().endpoints().items():
        call = signatures.guarded(function, specs)
        examples = signatures.example_arguments(specs, 2)
        two = call(**{key: tf.constant(value) for key, value in examples.items()})
        first = {key: tf.constant(value[0] if value.shape else value) for key, value in examples.items()}
        one = call(**first)
        for whole, part in zip(tf.nest.flatten(two), tf.nest.flatten(one), strict=True):
            assert len(whole) == 2 and len(part) == 1, name
            np.testing.assert_allclose(whole[0], part[0], atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    "make, consumer",
    [
        pytest.param(make, consumer, marks=[pytest.mark.full] * (make is not pix2pix))
        for make in (pix2pix, cyclegan, stargan, stargan_v2)
        for consumer in TRANSLATED
    ],
)
def test_images_to_images(make, consumer, translator, subject):
    consumers.CONSUMERS[consumer](subject(translator(make)))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A module as they are on TF-Hub: a signature `default` of unknown rank, and nothing else."""
    path = str(tmp_path_factory.mktemp("foreign"))
    module = tf.Module()
    module.kernel = tf.Variable(tf.random.stateless_normal((128, 4 * 4 * 3), [0, 0]))

    @tf.function(input_signature=[tf.TensorSpec(None, "float32", name="latents")])
    def default(latents):
        latents = tf.reshape(latents, [-1, tf.shape(latents)[-1]])
        x = tf.reshape(tf.sigmoid(latents @ module.kernel), (-1, 4, 4, 3))
        return {"default": x}

    module.default = default
    tf.saved_model.save(module, path, signatures={"default": default})
    return path


@pytest.mark.parametrize("consumer", ["tf.saved_model.load", "gradient", "tf.data", "batch sizes"])
def test_foreign_module_passes_what_it_offers(consumer, foreign, subject):
    consumers.CONSUMERS[consumer](subject(foreign))


@pytest.mark.parametrize("consumer", ["hub.KerasLayer", "PNG bytes", "guards"])
def test_foreign_module_does_not_pass_what_it_does_not_offer(consumer, foreign):
    with pytest.raises(consumers.NotOffered):
        consumers.CONSUMERS[consumer](consumers.Subject(foreign))


def test_results_as_printed(exported, foreign, tmp_path, monkeypatch, capsys):
    broken = tmp_path / "1"
    shutil.copytree(exported, broken)
    (broken / "saved_model.pb").write_bytes(b"no protocol buffer")
    cases = [
        (exported, "batch sizes", "passed"),
        (foreign, "guards", "not offered"),
        (broken, "gradient", "failed"),
    ]
    monkeypatch.setitem(sys.modules, "keras_gans", sys.modules["keras_gans"])  # main hides it
    for path, consumer, result in cases:
        consumers.main(path, consumer)
        answer = capsys.readouterr().out.splitlines()[-1]
        assert json.loads(answer.removeprefix("RESULT "))["result"] == result


def test_differences_are_seen(exported, conditional, tmp_path):
    """The card of one model beside another model."""
    path = tmp_path / "1"
    shutil.copytree(exported, path)
    shutil.copyfile(conditional / "card.json", path / "card.json")
    with pytest.raises(Exception, match="truncation"):
        consumers.CONSUMERS["batch sizes"](consumers.Subject(path))
