"""Folders of Diffusers to diffusion generators: the U-Net with its noise schedule and sampler."""

import numpy as np

from keras_gans import diffusion
from keras_gans.importers import unet
from keras_gans.importers.assign import read_config
from keras_gans.importers.family import Family, Found

# What a folder of averaged weights has in its configuration besides the network's.
AVERAGE = {
    *("decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step"),
    "use_ema_warmup",
}

# Of the reference's DDPMScheduler, and of the DDIMScheduler that its pipelines make of each.
SCHEDULER = {
    "num_train_timesteps": 1000,
    "beta_schedule": "linear",
    "beta_start": 1e-4,
    "beta_end": 0.02,
    "trained_betas": None,
    "prediction_type": "epsilon",
    "variance_type": "fixed_small",
    "clip_sample": True,
    "timestep_spacing": "leading",
    "steps_offset": 0,
    "set_alpha_to_one": True,
}
# What must mean what our process does.
FIXED = {
    "clip_sample_range": (1, 1.0, None),
    "thresholding": (False,),
    "rescale_betas_zero_snr": (False,),
}
CLIPPING = ("DDPMScheduler", "DDIMScheduler")  # those that clip unless they are told not to
PREDICTIONS = {"epsilon": diffusion.Epsilon, "sample": diffusion.X0, "v_prediction": diffusion.V}
VARIANCES = {
    "fixed_small": diffusion.FixedSmall,
    "fixed_small_log": diffusion.FixedSmall,
    "fixed_large": diffusion.FixedLarge,
    "fixed_large_log": diffusion.FixedLarge,
    "learned_range": diffusion.Learned,
}
BETAS = {"beta_schedule", "trained_betas"}  # of all schedulers whose noise is that of DDPM
# Of Euler's method: ask for noise levels between the timesteps.
SPACINGS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")
STEPS = 50  # of the reference's DDIM pipeline


def find(checkpoint):
    """Finds the U-Net of a pipeline or of a model alone, and the pipeline's scheduler."""
    classes = {network.class_name: network for network in checkpoint.networks.values()}
    if checkpoint.kind != "diffusers folder" and "UNet2DModel" not in classes:
        return None
    if list(classes) != ["UNet2DModel"]:
        raise ValueError(f"The folder must hold one UNet2DModel. Received: {sorted(classes)}")
    [network] = checkpoint.networks.values()
    config = network_config(network)
    stored, defaults, notes = scheduler_of(checkpoint, config)
    return Found(
        network.tensors,
        {"unet": config, "scheduler": stored},
        {"scheduler": defaults},
        notes=notes,
    )


def network_config(network):
    """Returns the configuration of a U-Net without that of its average."""
    return {key: value for key, value in network.config.items() if key not in AVERAGE}


def scheduler_of(checkpoint, unet_config):
    """Returns what the folder's scheduler says, what is assumed, and notes.

    Args:
        checkpoint: `Checkpoint`.
        unet_config: dict. Of the U-Net.

    Returns:
        Two dicts with keys of `SCHEDULER`, "steps" and `FIXED`, and a tuple of str.

    Raises:
        ValueError: if the scheduler has no betas, so that its noise is not that of DDPM.
    """
    scheduler = checkpoint.scheduler
    defaults = {**SCHEDULER, "steps": STEPS}
    if unet_config.get("out_channels", 3) == 2 * unet_config.get("in_channels", 3):
        defaults["variance_type"] = "learned_range"
    if scheduler is None:
        return {}, defaults, ("The folder has no scheduler: the noise schedule of DDPM is assumed.",)
    if scheduler.class_name not in CLIPPING and not BETAS & set(scheduler.config):
        raise ValueError(
            f"The folder's {scheduler.class_name} has no `beta_schedule`: its noise is not DDPM's. Allowed "
            f"are schedulers that have one, such as {', '.join(CLIPPING)}."
        )
    defaults["clip_sample"] = scheduler.class_name in CLIPPING
    given = dict(scheduler.config)
    if given.get("variance_type") is None:  # of solvers without noise
        given.pop("variance_type", None)
    stored = {key: given[key] for key in (*SCHEDULER, *FIXED) if key in given}
    left = {key: value for key, value in given.items() if key not in stored and value}
    notes = (
        f"The sampler has betas, prediction and timesteps of the folder's {scheduler.class_name}. It is "
        f"DDIM, without noise in its steps unless `eta` asks for some. {_steps_of(scheduler)}",
        *([f"Not used of the scheduler: {_words(left)}."] if left else []),
    )
    return stored, defaults, notes


def _steps_of(scheduler):
    """What the scheduler's own steps are to those of DDIM."""
    name, config = scheduler.class_name, scheduler.config
    if name == "DDIMScheduler":
        return "So are the scheduler's."
    if name == "DDPMScheduler":
        return "The scheduler's have noise, as with `eta` 1."
    leading = config.get("timestep_spacing") == "leading"  # others begin with less noise
    if name == "EulerDiscreteScheduler" and leading and not any(map(config.get, SPACINGS)):
        return "So are the scheduler's, by another name, where `steps` divides the timesteps."
    return f"The steps of {name} are others: from the same noise, images differ in detail."


def _words(config):
    return ", ".join(f"{key}={value}" for key, value in config.items())


def build(config, tensors):
    """Returns the U-Net as `keras_gans.importers.unet.networks_from_tensors` does."""
    return unet.networks_from_tensors(config["unet"], tensors)


def generator(networks, config):
    """Returns the generator: the U-Net with the scheduler's process.

    Args:
        networks: dict with "denoiser".
        config: dict. "scheduler" has the keys of `SCHEDULER`, perhaps those of `FIXED`, and "steps", the
            steps of DDIM in a call.

    Raises:
        ValueError: if the process is none that the package has.
    """
    denoiser = networks["denoiser"]
    return diffusion.DiffusionGenerator(denoiser, **sampling(denoiser, config["scheduler"]))


def sampling(denoiser, config):
    """Returns the arguments `process`, `steps` and `spacing` of a generator.

    Args:
        denoiser: network.
        config: dict. As "scheduler" of `generator`.

    Raises:
        ValueError: as `generator`.
    """
    options = read_config(config, {**SCHEDULER, "steps": STEPS}, FIXED)
    for key, known in (("prediction_type", PREDICTIONS), ("variance_type", VARIANCES)):
        if options[key] not in known:
            raise ValueError(f"`{key}` must be one of {sorted(known)}. Received: {options[key]!r}")
    variance = VARIANCES[options["variance_type"]]()
    outputs = 2 if denoiser.learned_variance else 1
    if variance.outputs != outputs:
        raise ValueError(
            f"`variance_type` {options['variance_type']!r} needs a network with {variance.outputs} outputs "
            f"for each channel. Received one with {outputs}"
        )
    process = diffusion.DiffusionProcess(
        schedule(options),
        prediction=PREDICTIONS[options["prediction_type"]](),
        variance=variance,
        clip=options["clip_sample"],
    )
    spacing = diffusion.DiffusersSpacing(
        options["timestep_spacing"], offset=options["steps_offset"], to_zero=options["set_alpha_to_one"]
    )
    return {"process": process, "steps": min(options["steps"], process.timesteps), "spacing": spacing}


def schedule(options):
    """Returns the noise schedule that the options mean.

    Args:
        options: dict. The keys of `SCHEDULER`.
    """
    count, kind = options["num_train_timesteps"], options["beta_schedule"]
    ends = {"beta_start": options["beta_start"], "beta_end": options["beta_end"]}
    if options["trained_betas"] is not None:
        return diffusion.ListedSchedule(options["trained_betas"])
    known = {
        "linear": lambda: diffusion.LinearSchedule(count, **ends),
        "scaled_linear": lambda: diffusion.ScaledLinearSchedule(count, **ends),
        "squaredcos_cap_v2": lambda: diffusion.CosineSchedule(count),
        "sigmoid": lambda: diffusion.ListedSchedule(_sigmoid(count, **ends)),
    }
    if kind not in known:
        raise ValueError(f"`beta_schedule` must be one of {sorted(known)}. Received: {kind!r}")
    return known[kind]()


def _sigmoid(count, beta_start, beta_end):
    """Betas along the logistic function from -6 to 6."""
    return beta_start + (beta_end - beta_start) / (1.0 + np.exp(-np.linspace(-6.0, 6.0, count)))


FAMILY = Family("ddpm", "DDPM", "2006.11239", find, build, generator)
