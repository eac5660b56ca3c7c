import json
import shutil
import sys

import pytest
import tensorflow as tf

from keras_gans import networks
from keras_gans.export import consumers, export

# Needs a process of its own: logical devices are fixed when TensorFlow starts.
IN_PROCESS = [name for name in consumers.CONSUMERS if name != "MirroredStrategy"]


@pytest.mark.slow
@pytest.mark.parametrize("consumer", ["hub.load", "hub.KerasLayer", "TFSMLayer", "all endpoints"])
def test_unconditional(consumer, exported):
    consumers.CONSUMERS[consumer](consumers.Subject(exported))


@pytest.mark.slow
@pytest.mark.parametrize("consumer", IN_PROCESS)
def test_conditional(consumer, conditional):
    consumers.CONSUMERS[consumer](consumers.Subject(conditional))


@pytest.fixture(scope="module", params=["pix2pix", "cyclegan", "stargan", "stargan_v2"])
def translator(request, make_card, tmp_path_factory):
    """Networks from images to images: with seeds, in two directions, with labels, with styles and masks."""
    if request.param == "pix2pix":
        network = networks.Pix2PixGenerator(num_downs=2, width=2)
    elif request.param == "stargan":
        network = networks.StarGANGenerator(width=2, num_blocks=1, num_classes=3)
    elif request.param == "stargan_v2":
        size = {"resolution": 32, "width": 2, "max_width": 2, "style_dim": 3}
        network = networks.StarGANv2(
            generator=networks.StarGANv2Generator(high_pass=1.0, **size),
            mapping_network=networks.StarGANv2MappingNetwork(width=4, style_dim=3),
            style_encoder=networks.StarGANv2StyleEncoder(**size),
        )
    else:
        both = [networks.CycleGANGenerator(num_blocks=1, width=2, batch_norm=True) for _ in range(2)]
        network = networks.CycleGANTranslator(*both)
    path = tmp_path_factory.mktemp("savedmodels") / "1"
    return export(network, path, card=make_card())


@pytest.mark.slow
@pytest.mark.parametrize(
    "consumer", ["tf.saved_model.load", "TFSMLayer", "guards", "batch sizes", "gradient", "all endpoints"]
)
def test_images_to_images(consumer, translator):
    consumers.CONSUMERS[consumer](consumers.Subject(translator))


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
def test_foreign_module_passes_what_it_offers(consumer, foreign):
    consumers.CONSUMERS[consumer](consumers.Subject(foreign))


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
