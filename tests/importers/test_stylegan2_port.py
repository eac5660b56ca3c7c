import re

import checkpoint_files as files
import numpy as np
import pytest
from reference.parity import assert_parity, channels_last, load

from keras_gans import importers
from keras_gans.importers import stylegan2_port

FIXTURE = "stylegan2_ada_32"
GENERATOR = {"affine.weight": "conv.modulation.weight", "affine.bias": "conv.modulation.bias"}
BLOCK = {"conv0.weight": "conv1.0.weight", "conv0.bias": "conv1.1.bias", "conv1.weight": "conv2.1.weight"}
BLOCK |= {"conv1.bias": "conv2.2.bias", "skip.weight": "skip.1.weight"}


def of_the_port(name, array):
    """A tensor of NVIDIA's PyTorch code as one of the port, of the generator or the discriminator."""
    rest = name[2:]
    if match := re.fullmatch(r"mapping\.fc(\d+)\.(\w+)", rest):
        return f"style.{int(match[1]) + 1}.{match[2]}", array
    if rest == "synthesis.b4.const":
        return "input.input", array[None]
    match = re.fullmatch(r"synthesis\.b(\d+)\.(\w+)\.(.+)", rest)
    if match is None:
        return of_the_discriminator(rest), array
    size, layer, last = int(match[1]), match[2], match[3]
    number = 2 * size.bit_length() - (7 if layer == "conv0" else 6)
    if last == "noise_const":
        return f"noises.noise_{number}", array[None, None]
    if layer == "torgb":
        place = "to_rgb1" if size == 4 else f"to_rgbs.{size.bit_length() - 4}"
    else:
        place = "conv1" if size == 4 else f"convs.{number - 1}"
    if last == "weight":
        return f"{place}.conv.weight", array[None]
    if last == "noise_strength":
        return f"{place}.noise.weight", array.reshape(1)
    if last == "bias":
        return (
            (f"{place}.bias", array[None, :, None, None])
            if layer == "torgb"
            else (f"{place}.activate.bias", array)
        )
    return f"{place}.{GENERATOR[last]}", array


def of_the_discriminator(rest):
    ends = {"b32.fromrgb.weight": "convs.0.0.weight", "b32.fromrgb.bias": "convs.0.1.bias"}
    ends |= {"b4.conv.weight": "final_conv.0.weight", "b4.conv.bias": "final_conv.1.bias"}
    for number, layer in enumerate(("fc", "out")):
        ends |= {f"b4.{layer}.{part}": f"final_linear.{number}.{part}" for part in ("weight", "bias")}
    if rest in ends:
        return ends[rest]
    size, last = re.fullmatch(r"b(\d+)\.(.+)", rest).groups()
    return f"convs.{6 - int(size).bit_length() + 1}.{BLOCK[last]}"


def checkpoint(*, average=True):
    _, tensors, _ = load(FIXTURE)
    networks = {"G": {}, "D": {}}
    for name, array in tensors.items():
        if name != "G/mapping.w_avg":
            new, value = of_the_port(name, array)
            networks[name[0]][new] = value
    networks["G"]["to_rgbs.0.upsample.kernel"] = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype("float32") / 16
    zeros = {name: np.zeros_like(array) for name, array in networks["G"].items()}
    found = {"g": zeros, "d": networks["D"], "g_ema": networks["G"]}
    found = {place: files.state_dict(arrays) for place, arrays in found.items()}
    return found | ({"latent_avg": tensors["G/mapping.w_avg"]} if average else {})


def test_checkpoints(tmp_path):
    _, _, arrays = load(FIXTURE)
    path = tmp_path / "550000.pt"
    path.write_bytes(files.torch_zip(checkpoint()))
    imported = importers.load(path)
    assert imported.family is stylegan2_port.FAMILY and not imported.notes
    generator, discriminator = (imported.networks[role] for role in ("generator", "discriminator"))
    styles = generator.truncate(generator.styles(arrays["inputs/z"]), 0.5)
    assert_parity(generator.synthesize(styles), channels_last(arrays["outputs/images_const_psi0.5"]))
    assert_parity(discriminator(channels_last(arrays["inputs/d_images"])), arrays["outputs/d_logits"])
    assert imported.unused["g/input.input"] == "weights of training: their average is used"
    assert imported.config["resample_filter"] == [1.0, 3.0, 3.0, 1.0]


def test_the_average_style_is_that_of_many_latents():
    _, tensors, arrays = load(FIXTURE)
    average = stylegan2_port.average_style(tensors)
    assert np.linalg.norm(average - arrays["outputs/w"].mean(axis=0)) < np.linalg.norm(average)
    networks = {
        place: importers.readers.Network("", {}, dict(call.items))
        for place, call in checkpoint(average=False).items()
    }
    found = stylegan2_port.find(importers.files.Checkpoint("torch zip", networks))
    np.testing.assert_array_equal(found.tensors["G/mapping.w_avg"], average)
    assert "no average style" in found.notes[0]


def test_kernels_of_filters_have_no_place():
    assert stylegan2_port.renamed_generator("convs.0.conv.blur.kernel") is None
    assert stylegan2_port.renamed_discriminator("convs.1.conv2.0.kernel", 32) is None


def test_what_is_not_of_the_port():
    with pytest.raises(ValueError, match=r"generator has no tensor with the name 'conv1.other'"):
        stylegan2_port.renamed_generator("conv1.other")
    with pytest.raises(ValueError, match=r"discriminator has no tensor with the name 'convs.1.conv3.weight'"):
        stylegan2_port.renamed_discriminator("convs.1.conv3.weight", 32)
    with pytest.raises(ValueError, match=r"Channels must halve.*16: 5"):
        stylegan2_port._channels({4: 8, 8: 8, 16: 5, 32: 4})
    assert stylegan2_port._channels({4: 8, 8: 8, 16: 4}) == {"channel_base": 64, "channel_max": 8}
