import pytest

from keras_gans import diffusion, presets


def test_the_papers_process():
    process = presets.get("latent_diffusion_celebahq_256").process
    schedule = diffusion.ScaledLinearSchedule(timesteps=1000, beta_start=0.0015, beta_end=0.0195)
    assert process == diffusion.DiffusionProcess(schedule, clip=False)
    assert presets.get("latent_diffusion_celebahq_256").learning_rates == {256: 9.6e-5}


@pytest.mark.parametrize("name", presets.names("latent_diffusion"))
def test_the_autoencoder_is_that_of_the_first_stage(name):
    preset = presets.get(name)
    assert preset.networks["autoencoder"] == preset.first_stage.networks["autoencoder"]
    assert preset.first_stage == presets.get(preset.first_stage.name)
    assert preset.resolution == preset.first_stage.resolution


def test_the_denoiser_has_the_shape_of_the_latents():
    preset = presets.get("latent_diffusion_emoji_64")
    shape = preset.replace(resolution=32).shape_of("denoiser", 3)
    assert (shape["resolution"], shape["channels"], shape["num_classes"]) == (8, 4, 3)
    shape = preset.shape_of("autoencoder", 3)
    assert (shape["resolution"], shape["channels"], shape["num_classes"]) == (64, 3, 0)


def test_flow_matching_keeps_latents_unclipped():
    flow = presets.get("latent_diffusion_emoji_64").replace(objective="flow")
    assert flow.objective == "flow" and not flow.process.clip
