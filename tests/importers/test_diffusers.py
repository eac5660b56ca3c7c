import checkpoint_files as files
import numpy as np
import pytest
from reference import diffusion_numpy, unet_numpy
from reference.parity import assert_parity, channels_last

from keras_gans import diffusion, importers
from keras_gans.importers import diffusers, readers
from keras_gans.importers.family import Checkpoint

UNET = {
    **{"_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [8, 8], "norm_num_groups": 4},
    **{"down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "layers_per_block": 1},
    **{"up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "attention_head_dim": None},
}
SCHEDULER = {
    **{"_class_name": "DDIMScheduler", "num_train_timesteps": 20, "beta_schedule": "sigmoid"},
    **{"prediction_type": "v_prediction", "timestep_spacing": "trailing", "solver_order": 2},
}


@pytest.fixture(scope="module")
def denoiser():
    """Whole configuration and tensors of a U-Net."""
    config = {**diffusers.unet.CONFIG, **UNET}
    return config, unet_numpy.random_tensors(config)


def folder(path, denoiser, scheduler=None, **network):
    """A pipeline, or a model alone without a scheduler."""
    _, tensors = denoiser
    place = "unet/" if scheduler else ""
    content = {
        f"{place}config.json": {**UNET, **network},
        f"{place}diffusion_pytorch_model.safetensors": files.safetensors(tensors),
    }
    if scheduler:
        content["scheduler/scheduler_config.json"] = scheduler
        parts = {"unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", scheduler["_class_name"]]}
        content["model_index.json"] = {"_class_name": "DDPMPipeline", **parts}
    path.mkdir()
    return files.write_files(path, content)


def test_pipelines(denoiser, tmp_path):
    config, tensors = denoiser
    imported = importers.load(folder(tmp_path / "ddpm", denoiser, SCHEDULER, decay=0.9999))
    images = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype("float32")
    times = np.array([3, 17])
    expected = unet_numpy.UNet(tensors, config)(images, times, None)
    assert_parity(imported.networks["denoiser"]([channels_last(images), times]), channels_last(expected))
    generator = imported.exported
    assert generator.steps == 20 and generator.sampler.spacing == diffusion.DiffusersSpacing("trailing")
    assert isinstance(generator.process.prediction, diffusion.V) and generator.process.clip
    logistic = 1 / (1 + np.exp(-np.linspace(-6, 6, 20)))
    np.testing.assert_allclose(generator.process.schedule.beta[1:], 1e-4 + 0.0199 * logistic)
    assert any("solver_order=2" in note for note in imported.notes)
    assert set(imported.files) == {
        *("ddpm/model_index.json", "ddpm/scheduler/scheduler_config.json", "ddpm/unet/config.json"),
        "ddpm/unet/diffusion_pytorch_model.safetensors",
    }


def test_the_sampler_is_that_of_the_folder(denoiser, tmp_path):
    """With an offset and a last step that does not lead to the image; 3 steps do not divide 20."""
    config, tensors = denoiser
    options = {"steps_offset": 1, "set_alpha_to_one": False, "clip_sample": False, "beta_end": 0.2}
    scheduler = {"_class_name": "DDIMScheduler", "num_train_timesteps": 20, **options}
    imported = importers.load(folder(tmp_path / "ddim", denoiser, scheduler), steps=3)
    noise = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype("float32")
    network = unet_numpy.UNet(tensors, config)
    timesteps, reached = diffusion_numpy.diffusers_timesteps("leading", 20, 3, 1, to_zero=False)
    alpha_cumprod = np.cumprod([1.0, *(1.0 - np.linspace(1e-4, 0.2, 20))])
    [*_, expected] = diffusion_numpy.ddim(
        lambda x, t: network(x, np.full(len(x), t - 1), None),
        noise,
        alpha_cumprod,
        timesteps,
        clip=False,
        reached=reached,
    )
    assert_parity(imported.exported(channels_last(noise).reshape(2, -1)), channels_last(expected))
    assert not any("offset" in note or "alpha" in note for note in imported.notes)


def test_models_alone(denoiser, tmp_path):
    """The schedule is that of DDPM, or what is given."""
    path = folder(tmp_path / "unet", denoiser)
    imported = importers.load(path, num_train_timesteps=30, beta_schedule="squaredcos_cap_v2")
    schedule = imported.exported.process.schedule
    assert schedule == diffusion.CosineSchedule(30)
    assert "no scheduler" in imported.notes[0]
    assert (
        "scheduler.beta_schedule" not in imported.derived and imported.derived["scheduler.beta_end"] == 0.02
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, diffusion.LinearSchedule(1000)),
        (
            {"beta_schedule": "scaled_linear"},
            diffusion.ScaledLinearSchedule(1000, beta_start=1e-4, beta_end=0.02),
        ),
        ({"trained_betas": [0.1, 0.3]}, diffusion.ListedSchedule([0.1, 0.3])),
    ],
)
def test_schedules(options, expected):
    assert diffusers.schedule({**diffusers.SCHEDULER, **options}) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta_schedule": "laplace"}, "`beta_schedule` must be one of.*'laplace'"),
        ({"prediction_type": "flow"}, "`prediction_type` must be one of.*'flow'"),
        ({"timestep_spacing": "karras"}, "`kind` must be.*'karras'"),
        ({"thresholding": True}, "`thresholding` must be one of"),
        ({"variance_type": "learned_range"}, "needs a network with 2 outputs"),
    ],
)
def test_processes_that_there_are_not(options, message):
    class Denoiser:
        learned_variance = False

    with pytest.raises(ValueError, match=message):
        diffusers.generator({"denoiser": Denoiser()}, {"scheduler": options})


EULER = {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "leading"}


@pytest.mark.parametrize(
    ("scheduler", "said"),
    [
        ({"_class_name": "DDIMScheduler"}, "So are the scheduler's."),
        ({"_class_name": "DDPMScheduler"}, "as with `eta` 1"),
        (EULER, "by another name"),
        ({**EULER, "use_karras_sigmas": True}, "images differ in detail"),
        ({"_class_name": "PNDMScheduler", "variance_type": None}, "The steps of PNDMScheduler are others"),
    ],
)
def test_what_the_scheduler_s_own_steps_are(scheduler, said):
    config = {"beta_schedule": "linear", **scheduler}
    part = readers.Part(scheduler["_class_name"], config, {})
    stored, defaults, notes = diffusers.scheduler_of(Checkpoint("diffusers folder", {}, part), {})
    assert said in notes[0] and "variance_type" not in stored
    assert defaults["clip_sample"] is (scheduler["_class_name"] in ("DDIMScheduler", "DDPMScheduler"))


def test_noise_that_is_not_that_of_ddpm_is_refused():
    part = readers.Part("FlowMatchEulerDiscreteScheduler", {"shift": 1.0}, {})
    with pytest.raises(ValueError, match="FlowMatchEulerDiscreteScheduler has no `beta_schedule`"):
        diffusers.scheduler_of(Checkpoint("diffusers folder", {}, part), {})


def test_networks_that_are_conditioned_on_text_are_refused():
    text = {"unet": readers.Network("UNet2DConditionModel", {}, {})}
    with pytest.raises(ValueError, match=r"one UNet2DModel. Received: .'UNet2DConditionModel'"):
        diffusers.find(Checkpoint("diffusers folder", text))


def test_twice_the_channels_are_a_learned_variance():
    config = {"in_channels": 3, "out_channels": 6}
    networks = {"model": readers.Network("UNet2DModel", config, {})}
    found = diffusers.find(Checkpoint("diffusers folder", networks))
    assert found.derived["scheduler"]["variance_type"] == "learned_range"
