"""StyleGAN2 weights of the widely used PyTorch port, as tensors of NVIDIA's PyTorch networks."""

import re

import numpy as np

from keras_gans.importers.family import Family, Found, named
from keras_gans.importers.stylegan2 import networks_from_tensors, taps_of

SAMPLES = 4096  # latents of the average style, where the file has none


def find(checkpoint):
    """Finds generator and discriminator of a checkpoint, "g_ema" before "g", and renames their tensors."""
    generators = checkpoint.having("input.input", "conv1.conv.modulation.weight")
    discriminators = checkpoint.having("convs.0.0.weight", "final_linear.1.weight")
    if not generators:
        return None
    place = next(iter(generators))
    tensors = {}
    for name, array in generators[place].tensors.items():
        new = renamed_generator(name)
        if new is not None:
            tensors[f"G/{new}"] = _generator_tensor(new, np.asarray(array))
    size = 4 << len({name.split(".")[1] for name in generators[place].tensors if name.startswith("to_rgbs.")})
    notes = ()
    averages = checkpoint.having("latent_avg")
    if averages:
        tensors["G/mapping.w_avg"] = np.ravel(next(iter(averages.values())).tensors["latent_avg"])
    else:
        tensors["G/mapping.w_avg"] = average_style(tensors)
        notes = (f"The file has no average style: it is that of {SAMPLES} latents.",)
    layers = sum(bool(re.fullmatch(r"G/mapping\.fc\d+\.weight", name)) for name in tensors)
    style_dim, latent_dim = tensors["G/mapping.fc0.weight"].shape
    shared = {"c_dim": 0, "img_resolution": size, "img_channels": tensors["G/synthesis.b4.torgb.bias"].size}
    widths = {each: tensors[f"G/synthesis.b{each}.conv1.bias"].size for each in _sizes(size)}
    derived = {
        "G": {
            **shared,
            **{"z_dim": latent_dim, "w_dim": style_dim, "mapping_kwargs": {"num_layers": layers}},
            "synthesis_kwargs": _channels(widths),
        },
        "resample_filter": taps_of(generators[place].tensors, "kernel"),
    }
    unused = {}
    for key in list(generators)[1:]:
        unused |= dict.fromkeys(
            named(key, generators[key].tensors), "weights of training: their average is used"
        )
    places = {"G": place, **{f"latent_avg of {key}": key for key in averages}}
    if discriminators:
        [places["D"]] = discriminators
        own = discriminators[places["D"]].tensors
        for name, array in own.items():
            new = renamed_discriminator(name, size)
            if new is not None:
                array = np.asarray(array)
                tensors[f"D/{new}"] = array.ravel() if new.endswith("bias") else array
        widths = {
            each: tensors[f"D/b{each}.{'conv0' if each > 4 else 'conv'}.weight"].shape[0]
            for each in _sizes(size)
        }
        derived["D"] = {**shared, **_channels(widths)}
    return Found(tensors, derived=derived, unused=unused, places=places, notes=notes)


def _sizes(size):
    return [4 << level for level in range(size.bit_length() - 2)]


def _channels(widths):
    """The two numbers of which the widths by resolution are made."""
    last = max(widths)
    found = {"channel_base": widths[last] * last, "channel_max": max(widths.values())}
    made = {size: min(found["channel_base"] // size, found["channel_max"]) for size in widths}
    if made != widths:
        raise ValueError(f"Channels must halve where the size doubles, from some size on. Received: {widths}")
    return found


def renamed_generator(name):
    """Returns the name in NVIDIA's code; `None` for the kernels of filters, which follow from the taps."""
    if name.endswith("kernel"):
        return None
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"{_convolution(int(match[1]))}.noise_const"
    for pattern, place in (
        (r"(conv1)\.(.+)", lambda _: "synthesis.b4.conv1"),
        (r"convs\.(\d+)\.(.+)", lambda number: _convolution(int(number) + 1)),
        (r"(to_rgb1)\.(.+)", lambda _: "synthesis.b4.torgb"),
        (r"to_rgbs\.(\d+)\.(.+)", lambda number: f"synthesis.b{8 << int(number)}.torgb"),
    ):
        if (match := re.fullmatch(pattern, name)) and match[2] in LAST:
            return f"{place(match[1])}.{LAST[match[2]]}"
    raise ValueError(f"The generator has no tensor with the name '{name}'")


LAST = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}


def _convolution(number):
    """The place of a convolution, counted from that of 4 px."""
    return f"synthesis.b{4 << (number + 1) // 2}.conv{1 - number % 2}"


def _generator_tensor(name, array):
    if name.endswith("noise_strength"):
        return array.reshape(())
    if name.endswith("noise_const"):
        return array[0, 0]
    if name.endswith("bias"):
        return array.ravel()
    batched = name.endswith("const") or (".affine." not in name and not name.startswith("mapping."))
    return array[0] if batched else array


def renamed_discriminator(name, size):
    """Returns the name in NVIDIA's code; `None` for the kernels of filters."""
    if name.endswith("kernel"):
        return None
    ends = {
        **{"convs.0.0.weight": f"b{size}.fromrgb.weight", "convs.0.1.bias": f"b{size}.fromrgb.bias"},
        **{"final_conv.0.weight": "b4.conv.weight", "final_conv.1.bias": "b4.conv.bias"},
        **{
            f"final_linear.{i}.{part}": f"b4.{to}.{part}"
            for i, to in enumerate(("fc", "out"))
            for part in PARTS
        },
    }
    match = re.fullmatch(r"convs\.(\d+)\.(.+)", name)
    if name not in ends and (match is None or match[2] not in BLOCK):
        raise ValueError(f"The discriminator has no tensor with the name '{name}'")
    return ends[name] if name in ends else f"b{size >> int(match[1]) - 1}.{BLOCK[match[2]]}"


PARTS = ("weight", "bias")
BLOCK = {
    **{"conv1.0.weight": "conv0.weight", "conv1.1.bias": "conv0.bias"},
    **{"conv2.1.weight": "conv1.weight", "conv2.2.bias": "conv1.bias", "skip.1.weight": "skip.weight"},
}


def average_style(tensors):
    """Returns the mean of the styles of latents that are always the same, float32 `(style_dim,)`.

    Args:
        tensors: dict with `G/mapping.fc0.weight` and so on.
    """
    width = tensors["G/mapping.fc0.weight"].shape[1]
    x = np.random.default_rng(0).standard_normal((SAMPLES, width))
    x /= np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-8)
    number = 0
    while f"G/mapping.fc{number}.weight" in tensors:
        weight, bias = (np.asarray(tensors[f"G/mapping.fc{number}.{part}"], "float64") for part in PARTS)
        x = x @ weight.T * (0.01 / np.sqrt(weight.shape[1])) + bias * 0.01
        x = np.sqrt(2.0) * np.where(x > 0, x, 0.2 * x)
        number += 1
    return x.mean(axis=0).astype("float32")


FAMILY = Family("stylegan2_port", "StyleGAN2", "1912.04958", find, networks_from_tensors)
