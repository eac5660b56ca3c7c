import numpy as np
import pytest

import tiny_presets
from keras_gans import diffusion, presets, training
from keras_gans.presets.ddpm import PRESETS


def test_the_papers_processes():
    linear = presets.get("ddpm_cifar10_32").process
    assert linear.schedule == diffusion.LinearSchedule(timesteps=1000, beta_start=1e-4, beta_end=0.02)
    assert linear.prediction == diffusion.Epsilon() and linear.variance == diffusion.FixedLarge()
    cosine = presets.get("ddpm_cosine_cifar10_32").process
    assert cosine.schedule == diffusion.CosineSchedule(timesteps=4000, offset=0.008, max_beta=0.999)
    assert cosine.variance == diffusion.Learned()
    assert presets.get("ddpm_celebahq_256").process.schedule == linear.schedule


def test_fashion_mnist_is_grey():
    preset = presets.get("ddpm_fashion_mnist_28")
    assert preset.process.timesteps == 4000 and preset.shape(10)["channels"] == 1
    assert "dataset-fashion-mnist" in preset.data.hint and preset.data.conditional


@pytest.mark.parametrize(
    "name, good, bad, factor, levels",
    [
        ("ddpm_fashion_mnist_28", 36, 30, 4, 3),
        ("autoencoder_emoji_64", 36, 30, 4, 3),
        ("latent_diffusion_emoji_64", 48, 40, 16, 5),  # both networks
    ],
)
def test_sizes_are_those_that_the_networks_halve(name, good, bad, factor, levels):
    preset = presets.get(name)
    assert preset.replace(resolution=good).resolution == good
    rule = rf"multiple of {factor} from 8, as there are {levels} levels"
    message = rf"{rule}(, or two of them as height and width)?\. Received: {bad}"
    with pytest.raises(ValueError, match=message):
        preset.replace(resolution=bad)


def test_one_batch_size_at_the_resolution():
    for preset in PRESETS:
        assert list(preset.batch_sizes) == list(preset.learning_rates) == [preset.resolution]
        assert preset.adversarial_loss is None


def test_warm_up_is_linear():
    optimizer = presets.get("ddpm_emoji_32").build_optimizer("denoiser", 6e-4)
    assert isinstance(optimizer, training.GuardedAdam) and optimizer.clip_norm == 1.0
    rate = tiny_presets.rate_of(optimizer)
    rates = [float(rate(step)) for step in (0, 150, 300, 10_000)]
    np.testing.assert_allclose(rates, [0.0, 3e-4, 6e-4, 6e-4], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("classes, dropout", [(0, 0.0), (3, 0.1)])
def test_labels_are_withheld_where_there_are_any(classes, dropout):
    trainer = tiny_presets.tiny("ddpm", min_snr_gamma=4.0).make_trainer(num_classes=classes)
    assert trainer.label_dropout == dropout and trainer.denoiser.num_classes == classes
    assert (trainer.min_snr_gamma, trainer.sampling_steps) == (4.0, 20)


def test_flow_matching():
    """What it changes, and what stays."""
    preset = presets.get("ddpm_cosine_cifar10_32")
    flow = preset.replace(objective="flow", images=1000)
    assert flow.process == diffusion.FlowProcess(4000, times=diffusion.LogitNormal(0.0, 1.0))
    assert (preset.objective, flow.objective) == ("diffusion", "flow")
    assert flow.shape(0)["learned_variance"] is False
    assert (flow.paper, flow.scores, flow.section) == ("https://arxiv.org/abs/2210.02747", (), "")
    assert flow.title == "DDPM, by flow matching"
    assert (flow.networks, flow.images) == (preset.networks, 1000)
    assert type(flow).from_json(flow.to_json()) == flow
    assert presets.get("ddpm_emoji_32").replace(objective="flow").min_snr_gamma is None
    own = diffusion.FlowProcess(20, clip=False)
    assert preset.replace(objective="flow", process=own).process == own
    assert flow.replace(process=own).replace(objective="flow").process == own
    latent = preset.replace(process=diffusion.DiffusionProcess(diffusion.CosineSchedule(9), clip=False))
    assert latent.replace(objective="flow").process.clip is False
    assert preset.replace(objective="diffusion") == preset.replace(objective=None) == preset
    with pytest.raises(ValueError, match="names no noise schedule: replace its `process`"):
        flow.replace(objective="diffusion")
    with pytest.raises(
        ValueError, match=r"`objective` of ddpm.* must be 'diffusion' or 'flow'. Received: 'x'"
    ):
        preset.replace(objective="x")


def test_a_learned_variance_has_outputs_of_its_own():
    for name, learned in (("ddpm_cosine_cifar10_32", True), ("ddpm_cifar10_32", False)):
        assert presets.get(name).shape(0)["learned_variance"] is learned
