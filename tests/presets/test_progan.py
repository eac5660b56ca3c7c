import pytest

from keras_gans import losses, presets, training
from keras_gans.presets.progan import PRESETS


def progan_parameters(resolution, latent_dim, channel_base, channel_max):
    """Table 2 of the paper, counted without building anything."""
    sizes = [2**n for n in range(2, resolution.bit_length())]
    width = {size: min(2 * channel_base // size, channel_max) for size in (2, *sizes)}
    pairs = [(width[size // 2], width[size]) for size in sizes[1:]]
    colors = sum(width[size] for size in sizes)

    def conv(inputs, outputs):
        return 9 * inputs * outputs + outputs

    first = width[4]
    generator = latent_dim * 16 * first + first + conv(first, first) + 3 * colors + 3 * len(sizes)
    generator += sum(conv(inner, outer) + conv(outer, outer) for inner, outer in pairs)
    discriminator = 4 * colors + conv(first + 1, first) + 16 * first * width[2] + width[2] + width[2] + 1
    discriminator += sum(conv(outer, outer) + conv(outer, inner) for inner, outer in pairs)
    return {"generator": generator, "discriminator": discriminator}


def test_parameters_are_those_of_the_paper_s_table():
    # G: 262,272 + 147,584; 295,168; 110,720; 27,712; to RGB 1,068.
    # D: from RGB 1,408; 27,744; 110,784; 295,168; 148,736 + 262,272 + 129.
    known = progan_parameters(32, 128, 512, 128)
    assert known == {"generator": 844_524, "discriminator": 846_241}
    for preset in PRESETS:
        config = preset.networks["generator"]["config"]
        assert preset.parameters == progan_parameters(preset.resolution, **config)


@pytest.mark.parametrize("name", presets.names("progan"))
def test_batches_and_rates_of_every_resolution(name):
    preset = presets.get(name)
    sizes = preset.build_plan().resolutions
    assert list(preset.batch_sizes) == list(preset.learning_rates) == sizes and sizes[0] == 4
    # Minibatch statistics need groups that divide the batch, or a batch smaller than a group.
    group = preset.networks["discriminator"]["config"]["minibatch_group_size"]
    assert all(batch % group == 0 or batch < group for batch in preset.batch_sizes.values())


def test_the_paper_s_training():
    """Appendix A.1."""
    preset = presets.get("progan_celebahq_1024")
    assert (preset.fade_images, preset.stable_images, preset.final_images) == (800_000, 800_000, None)
    assert preset.batch_sizes == {**dict.fromkeys((4, 8, 16, 32, 64, 128), 16), 256: 14, 512: 6, 1024: 3}
    assert set(preset.learning_rates.values()) == {1e-3}
    assert preset.average == training.ExponentialMovingAverage(decay=0.999)
    assert preset.adversarial_loss == losses.Wasserstein()
    penalty = losses.GradientPenalty(weight=10.0, target=1.0)
    assert preset.discriminator_terms == (penalty, losses.Drift(weight=1e-3))
    for player in ("discriminator", "generator"):
        optimizer = preset.build_optimizer(player, 1e-3)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.99, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
