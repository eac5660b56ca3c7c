import math
import re

import keras
import numpy as np
import pytest
from network_check import without_weights

import small
import tiny_presets
from keras_gans import losses, presets, training
from keras_gans.presets import base

NAMES = presets.names()


def test_names():
    """<model>_<data>_<resolution>, with a variant behind the model where there are several."""
    for name in NAMES:
        preset = presets.get(name)
        pattern = preset.model + r"(?:_[a-z]+)?_([a-z0-9]+)_(\d+)"
        data, resolution = re.fullmatch(pattern, name).groups()
        assert preset.name == name and preset.resolution == int(resolution)
        if preset.data.spec is not None:
            assert any(part.replace("_", "").startswith(data) for part in preset.data.spec.split(":"))
        else:
            assert preset.data.hint


def test_names_of_a_model():
    assert presets.names("progan")[0] == "progan_emoji_32" and presets.names("nothing") == []
    for model in presets.models():
        first = presets.get(presets.names(model)[0])
        assert first.data.spec.startswith("emoji") and first.source == base.OWN and not first.section


def test_a_misspelt_name_gets_a_suggestion():
    message = r"no preset 'progan_emojy_32'. Did you mean 'progan_emoji_32'\? Presets: gan_emoji_32, "
    with pytest.raises(ValueError, match=message):
        presets.get("progan_emojy_32")
    with pytest.raises(ValueError, match=r"no preset 'xyz'. Presets:"):
        presets.get("xyz")


def test_a_preset_is_a_copy():
    presets.get("progan_emoji_32").networks.clear()
    assert presets.get("progan_emoji_32").networks


@pytest.mark.parametrize("name", NAMES)
def test_json_and_published_parameters(name):
    """Networks are built without weights: their shapes are enough."""
    preset = presets.get(name)
    again = presets.Preset.from_json(preset.to_json())
    assert again == preset and type(again) is type(preset)
    with without_weights():
        networks = again.build_networks(preset.num_classes)
    counts = {
        role: sum(math.prod(weight.shape) for weight in network.trainable_weights)
        for role, network in networks.items()
    }
    assert counts == preset.parameters
    assert [network.name for network in networks.values()] == list(preset.networks)
    assert preset.paper.startswith("https://arxiv.org/abs/")
    assert name in str(preset) and max(counts.values()) > 150_000


def test_embedded_presets_are_small():
    for name in NAMES:
        if "emoji" in name:
            assert max(presets.get(name).parameters.values()) < 2_600_000


SMALL_MODELS = [model for model in presets.models() if model not in ("cgan", "lsgan")]


@pytest.mark.parametrize("model", SMALL_MODELS)
def test_a_step_of_every_model(model):
    """The preset's trainer, networks, losses and optimizers go together, and all weights move."""
    preset = tiny_presets.tiny(model)
    if model == "gan":  # a small step of plain gradient descent would not show in float32
        preset = preset.replace(learning_rates={8: 1.0})
    diffuses = model in ("ddpm", "latent_diffusion")
    classes = 3 if preset.data.conditional or diffuses else 0
    keras.utils.set_random_seed(1)
    trainer = preset.build_trainer(classes)
    trained = {role: network for player in trainer.players() for role, network in player.networks.items()}
    start = {role: network.get_weights() for role, network in trained.items()}
    trainer.run_eagerly = True
    steps = 2 if diffuses else 1  # the rate of whose first step is 0
    history = small.fit(trainer, tiny_presets.batches(preset, steps, num_classes=classes)).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(trainer.skipped_steps.numpy()) == 0
    phase = preset.build_plan().phases[0]
    assert int(trainer.images_seen.numpy()) == steps * phase.batch_size
    for role, weights in start.items():
        pairs = zip(weights, trained[role].get_weights(), strict=True)
        assert any(np.any(before != after) for before, after in pairs), role


def test_networks_have_the_precision_of_the_preset():
    preset = tiny_presets.tiny("dcgan", precision="mixed_bfloat16")
    network = preset.build_trainer().generator
    assert network.compute_dtype == "bfloat16" and keras.config.dtype_policy().name == "float32"


def test_one_resolution():
    length = {"batch_size": 4, "learning_rate": 0.1, "steps": 10, "discriminator_steps": 5}
    fields = base.one_resolution("gan_dots_8", **length)
    assert fields == {
        "name": "gan_dots_8",
        "resolution": 8,
        "images": 200,
        "batch_sizes": {8: 20},
        "learning_rates": {8: 0.1},
        "discriminator_steps": 5,
    }


def test_lengths():
    preset = presets.get("wgan_emoji_32").replace(images=1000)
    plan = preset.build_plan()
    assert type(plan) is training.ConstantPlan and plan.phases[0].batch_size == 5 * 32
    assert preset.total_images == 960  # whole steps
    # A resolution that is not listed takes the last value.
    assert preset.replace(resolution=128).build_plan().phases[0].batch_size == 5 * 32


def test_growing_lengths():
    preset = presets.get("progan_emoji_16")
    plan = preset.build_plan()
    assert plan.resolutions == [4, 8, 16] and plan.scale == 1.0
    assert preset.total_images == plan.total_images == 8_000 * 4 + 48_000
    assert preset.replace(images=10_000).total_images == pytest.approx(10_000, abs=100)
    wider = preset.replace(resolution=64)
    assert wider.build_plan().phases[-1].batch_size == 16 and wider.total_images > preset.total_images


def test_replace():
    preset = presets.get("dcgan_emoji_32")
    assert preset.replace(images=7).images == 7 and preset.images == 204_800
    message = "The preset dcgan_emoji_32 has no field 'imags'. Did you mean 'images'"
    with pytest.raises(ValueError, match=message):
        preset.replace(imags=7)
    with pytest.raises(ValueError, match=r"power of two from 8 to.*The nearest is 48\. Received: 47"):
        preset.replace(resolution=47)
    with pytest.raises(ValueError, match=r"power of two from 8\. Received: 48x32"):
        presets.get("pix2pix_emoji_64").replace(resolution=(48, 32))
    with pytest.raises(ValueError, match=r"`images` must be at least 1\. Received: 0"):
        preset.replace(images=0)
    with pytest.raises(ValueError, match="has no field 'gamma'"):
        preset.replace(gamma=1.0)


def test_replace_network():
    preset = presets.get("dcgan_emoji_32").replace_network("generator", latent_dim=7)
    assert preset.networks["generator"]["config"] == {"latent_dim": 7, "width": 64}
    with pytest.raises(ValueError, match=r"has no network 'critic'.* Allowed: generator, discriminator"):
        preset.replace_network("critic", width=3)
    with pytest.raises(ValueError, match=r"DCGANGenerator takes no argument 'widht'\. Did you mean 'width'"):
        preset.replace_network("generator", widht=3)


def test_printing():
    lines = str(presets.get("stylegan2_emoji_32")).splitlines()
    assert lines[0].split() == ["name", "stylegan2_emoji_32"]
    text = "\n".join(lines)
    for words in (
        "generator: StyleGAN2Generator(latent_dim=128",
        "R1(weight=1.0, interval=16",
        "AdaptiveAugmentation(pipeline=AugmentationPipeline()",
        "generator_terms      -",
    ):
        assert words in text
    assert str(base.Score(metric="FID", value=2.42, note="with classes")) == "FID 2.42 (with classes)"
    assert str(base.Score(metric="FID", value=2.9)) == "FID 2.9"


def test_updates_of_each_player():
    preset = presets.get("stargan_celeba_128").replace(images=8_000)
    for player, steps in (("generator", 100), ("discriminator", 500)):
        rate = tiny_presets.rate_of(preset.build_optimizer(player, 1e-4))
        assert (type(rate), rate.steps) == (training.LinearDecay, steps)


def test_the_trainer_has_the_terms_of_the_preset():
    preset = tiny_presets.tiny("stylegan2")
    trainer = preset.make_trainer(seed=5)
    assert preset.discriminator_terms == (losses.R1(weight=1.0, interval=16),)
    assert trainer.terms["discriminator"] == preset.discriminator_terms
    assert trainer.adversarial_loss == preset.adversarial_loss and trainer.seed == 5
    assert trainer.average == preset.average


def test_a_run_that_is_made_longer():
    constant = presets.get("cyclegan_emoji_32")
    assert constant.extended_to(3 * constant.total_images).total_images == 3 * constant.total_images
    growing = presets.get("progan_emoji_32").replace(images=100_000)
    before, total = growing.build_plan().phases, growing.total_images
    longer = growing.extended_to(total + 50_000)
    after = longer.build_plan().phases
    assert after[:-1] == before[:-1] and after[-1].fade_images == before[-1].fade_images
    assert abs(longer.total_images - total - 50_000) <= after[-1].batch_size / 2
    longest = longer.extended_to(total + 90_000)
    assert abs(longest.total_images - total - 90_000) <= after[-1].batch_size
    assert type(longest).from_json(longest.to_json()) == longest
    older = longest.to_config()
    del older["extra_images"]  # as version 0.2.0 wrote it
    assert type(longest).from_config(older).extra_images == 0
