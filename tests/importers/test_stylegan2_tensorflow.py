import re

import checkpoint_files as files
import numpy as np
import pytest
from reference.parity import assert_parity, channels_last, load

from keras_gans import importers
from keras_gans.importers import stylegan2_tensorflow
from keras_gans.importers.stylegan2_tensorflow import renamed

FIXTURE = "stylegan2_ada_32"
CONVOLUTIONS = {"G": {"conv0": "Conv0_up", "conv1": "Conv1"}, "D": {"conv0": "Conv0", "conv1": "Conv1_down"}}
LAST = {"affine.weight": "mod_weight", "affine.bias": "mod_bias"}


def older(name, array):
    """A tensor of NVIDIA's PyTorch code as one of its TensorFlow code."""
    part, _, rest = name.partition("/")
    if rest == "mapping.w_avg":
        return f"{part}/dlatent_avg", array
    if match := re.fullmatch(r"mapping\.fc(\d+)\.(\w+)", rest):
        return f"G/G_mapping/Dense{match[1]}/{match[2]}", array.T
    if rest == "synthesis.b4.const":
        return "G/G_synthesis/4x4/Const/const", array[None]
    for ours, theirs in {"b4.fc": "4x4/Dense0", "b4.out": "Output", "b4.conv": "4x4/Conv"}.items():
        if part == "D" and rest.startswith(f"{ours}."):
            kernel = array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
            return f"D/{theirs}/{rest.rpartition('.')[2]}", kernel
    size, layer, last = re.fullmatch(r"(?:synthesis\.)?b(\d+)\.(\w+)\.(.+)", rest).groups()
    if last == "noise_const":
        number = 2 * int(size).bit_length() - (8 if layer == "conv0" else 7) + 1
        return f"G/G_synthesis/noise{number}", array[None, None]
    conv = "Conv" if size == "4" and part == "G" else CONVOLUTIONS[part].get(layer)
    layer = {"torgb": "ToRGB", "fromrgb": "FromRGB", "skip": "Skip"}.get(layer, conv)
    if last == "affine.bias":
        array = array - 1.0
    elif last == "weight":
        array = array.transpose(2, 3, 1, 0)
        array = array[::-1, ::-1] if layer == "Conv0_up" else array
    elif array.ndim:
        array = array.T
    prefix = "G/G_synthesis" if part == "G" else "D"
    return f"{prefix}/{size}x{size}/{layer}/{LAST.get(last, last)}", array


def test_names_lead_back():
    _, tensors, _ = load(FIXTURE)
    for name, array in tensors.items():
        part, _, rest = older(name, array)[0].partition("/")
        again, value = renamed(part, rest, older(name, array)[1])
        assert f"{part}/{again}" == name
        np.testing.assert_allclose(value, array, atol=1e-6)
    with pytest.raises(ValueError, match="no tensor with the name 'D/8x8/Conv3/weight'"):
        renamed("D", "8x8/Conv3/weight", np.ones((1, 1)))
    assert renamed("D", "Mapping0/bias", np.ones(3))[0] == "mapping.fc0.bias"
    assert renamed("G", "G_mapping/LabelEmbed/weight", np.ones((3, 2)))[1].shape == (2, 3)
    flipped = renamed("G", "G_synthesis/8x8/Skip/weight", np.arange(4.0).reshape(2, 2, 1, 1))[1]
    np.testing.assert_array_equal(flipped[0, 0], [[3, 2], [1, 0]])


def test_pickles(tmp_path):
    _, tensors, arrays = load(FIXTURE)
    renamed = dict(older(name, array) for name, array in tensors.items())
    own = {part: {n[2:]: a for n, a in renamed.items() if n.startswith(f"{part}/")} for part in "GD"}
    shared = {"num_channels": 3, "resolution": 32, "label_size": 0, "fmap_base": 256, "fmap_max": 16}
    generator = {**shared, "latent_size": 24, "dlatent_size": 24, "mapping_fmaps": 24, "mapping_layers": 2}
    average = files.stored_generator(
        "Gs", own["G"], {**generator, "truncation_psi": 0.5, "architecture": "skip"}
    )
    training = files.stored_generator("G", own["G"], generator)
    judge = files.stored_network("D", own["D"], {**shared, "mbstd_group_size": 4})
    path = tmp_path / "stylegan2-config-f.pkl"
    path.write_bytes(files.dumps((training, judge, average), 2))
    imported = importers.load(path)
    assert imported.family is stylegan2_tensorflow.FAMILY
    generator, discriminator = (imported.networks[role] for role in ("generator", "discriminator"))
    styles = generator.truncate(generator.styles(arrays["inputs/z"]), 0.5)
    assert_parity(generator.synthesize(styles), channels_last(arrays["outputs/images_const_psi0.5"]))
    assert_parity(discriminator(channels_last(arrays["inputs/d_images"])), arrays["outputs/d_logits"])
    assert imported.unused["G/dlatent_avg"] == "weights of training: their average is used"
    assert imported.config["G.synthesis_kwargs.channel_base"] == 512
