import pytest

import tiny_presets
from keras_gans import losses, presets, training


def test_the_paper_s_numbers():
    """Section 3.1 and appendix C."""
    preset = presets.get("stylegan_ffhq_1024")
    assert preset.mixing_probability == 0.9 and preset.adversarial_loss == losses.NonSaturating()
    assert preset.discriminator_terms == (losses.R1(weight=10.0),) and preset.generator_terms == ()
    rates = preset.learning_rates
    assert rates[8] == 1e-3 and rates[1024] == 3e-3 and sorted(rates.values()) == list(rates.values())
    sizes = list(rates)
    total = (preset.stable_images + preset.fade_images) * (len(sizes) - 1)
    assert total + preset.final_images == 25_000_000
    assert set(preset.batch_sizes) == set(sizes) == {8, 16, 32, 64, 128, 256, 512, 1024}
    assert str(preset.scores[0]) == "FID 4.4"
    for player in ("discriminator", "generator"):
        optimizer = preset.build_optimizer(player, 3e-3)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.99, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(3e-3)


def test_gamma_is_the_weight_of_r1():
    preset = presets.get("stylegan_emoji_32").replace(gamma=3)
    assert preset.discriminator_terms == (losses.R1(weight=3.0),)
    both = preset.replace(gamma=0.5, discriminator_terms=[losses.R1(weight=1.0, interval=4), losses.Drift()])
    assert both.discriminator_terms == (losses.R1(weight=0.5, interval=4), losses.Drift())
    with pytest.raises(ValueError, match=r"no field 'gama'. Did you mean 'gamma'\?"):
        preset.replace(gama=1.0)


def test_it_grows_from_8_px():
    preset = tiny_presets.tiny("stylegan")
    trainer, plan = preset.make_trainer(), preset.build_plan()
    assert type(trainer) is training.StyleGAN and trainer.mixing_probability == 0.9
    assert plan.resolutions == [8, 16]
    assert plan.phases[0].fade_images == 0 and plan.phases[1].fade_images == 20_000
