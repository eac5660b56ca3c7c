import keras
import numpy as np
import pytest
from reference import unet_numpy
from reference.parity import assert_parity, channels_last
from reference.tensors import assert_each_is_needed, assert_keys_are_checked, assert_same_numbers

from harness import first_of
from keras_gans.importers import unet
from keras_gans.importers.unet import CONFIG, networks_from_tensors
from keras_gans.networks import UNet

FIXTURE = "ddpm_unet_16"

# The reference's defaults but for sizes: padding 1, cosines first; labels, dropout, a width that is not a
# multiple of the first, one colour, no attention at the full resolution.
DEEP = {
    **CONFIG,
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (8, 12, 16),
    "attention_head_dim": 4,
    "norm_num_groups": 4,
    "dropout": 0.1,
    "num_class_embeds": 3,
}
# Scale and shift, which leaves the attention of the middle without a norm; twice the channels come out.
SCALED = {
    **CONFIG,
    "sample_size": [8, 8],
    "out_channels": 6,
    "freq_shift": 1,
    "flip_sin_to_cos": False,
    "downsample_padding": 0,
    "down_block_types": ("AttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "AttnUpBlock2D"),
    "block_out_channels": (12, 8),
    "layers_per_block": 3,
    "attention_head_dim": None,
    "norm_num_groups": 2,
    "norm_eps": 1e-2,
    "resnet_time_scale_shift": "scale_shift",
}
# One level, so that nothing is resized; scale and shift, and yet a norm before the attention of the middle.
FLAT = {
    **SCALED,
    "sample_size": 4,
    "down_block_types": ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",),
    "block_out_channels": (10,),
    "layers_per_block": 1,
    "attention_head_dim": 5,
    "attn_norm_num_groups": 2,
}
OTHERS = {"deep": DEEP, "scaled": SCALED, "flat": FLAT}


def embeddings(unet):
    """A model that gives the sinusoids of the time steps and what two dense layers make of them."""
    outputs = [unet.get_layer(name).output for name in ("time_projection", "time_dense1")]
    return keras.Model(unet.inputs, outputs)


def test_published_network(fixture, networks):
    _, _, arrays = fixture
    unet = networks["denoiser"]
    inputs = [channels_last(arrays["inputs/x"]), arrays["inputs/timesteps"]]
    assert_parity(unet(inputs), channels_last(arrays["outputs/sample"]))
    projection, embedding = embeddings(unet)(inputs)
    assert_parity(projection, arrays["outputs/time_projection"])
    assert_parity(embedding, arrays["outputs/time_embedding"])


def test_the_numpy_network_is_the_published_one(fixture):
    config, tensors, arrays = fixture
    network = unet_numpy.UNet(tensors, config)
    assert_parity(network(arrays["inputs/x"], arrays["inputs/timesteps"]), arrays["outputs/sample"])
    assert_parity(network.time_projection, arrays["outputs/time_projection"])
    assert_parity(network.time_embedding, arrays["outputs/time_embedding"])
    assert unet_numpy.shapes(config) == {name: array.shape for name, array in tensors.items()}


@pytest.mark.parametrize("config", first_of(list(OTHERS.values()), ids=list(OTHERS)))
def test_other_configurations(config):
    tensors = unet_numpy.random_tensors(config)
    unet = networks_from_tensors(config, tensors)["denoiser"]
    size = unet.resolution
    images = (
        np.random.default_rng(1).standard_normal((4, config["in_channels"], size, size)).astype("float32")
    )
    timesteps = np.array([0, 3, 500, 999])
    labels = np.array([2, -1, 0, 1]) if config["num_class_embeds"] else None
    network = unet_numpy.UNet(tensors, config)
    expected = channels_last(network(images, timesteps, labels))
    assert 0.1 < np.std(expected) < 10.0
    inputs = [channels_last(images), timesteps, *([] if labels is None else [labels])]
    assert_parity(unet(inputs), expected)
    projection, embedding = embeddings(unet)(inputs)
    assert_parity(projection, network.time_projection)
    assert_parity(embedding, network.time_embedding)


def test_what_is_built(fixture, networks):
    _, tensors, _ = fixture
    assert list(networks) == ["denoiser"]
    assert type(networks["denoiser"]) is UNet
    assert_same_numbers(networks.values(), tensors)


def test_configuration_of_the_network():
    config = networks_from_tensors(DEEP, unet_numpy.random_tensors(DEEP))["denoiser"].get_config()
    expected = {
        "resolution": 8,
        "channels": 1,
        "width": 8,
        "channel_multipliers": [1, 1.5, 2],
        "blocks_per_level": 2,
        "attention_resolutions": [4, 2],
        "head_dim": 4,
        "dropout": 0.1,
        "num_classes": 3,
        "scale_shift": False,
        "learned_variance": False,
        "num_groups": 4,
        "norm_epsilon": 1e-5,
        "freq_shift": 0,
        "flip_sin_to_cos": True,
        "downsample_padding": 1,
        "middle_attention_norm": True,
    }
    assert {name: config[name] for name in expected} == expected


def test_names_of_older_files(fixture):
    config, tensors, arrays = fixture
    renamed = unet_numpy.with_older_names(tensors)
    assert len(set(renamed) - set(tensors)) == 4 * 8
    file_config = {**config, "_class_name": "UNet2DModel", "_diffusers_version": "0.1.1"}
    unet = networks_from_tensors(file_config, renamed)["denoiser"]
    inputs = [channels_last(arrays["inputs/x"]), arrays["inputs/timesteps"]]
    assert_parity(unet(inputs), channels_last(arrays["outputs/sample"]))


def test_every_tensor_is_needed(monkeypatch):
    tensors = unet_numpy.random_tensors(FLAT)
    assert_each_is_needed(unet, FLAT, tensors, monkeypatch=monkeypatch)


@pytest.mark.usefixtures("built_once")
@pytest.mark.parametrize(
    "name", first_of(["conv_in.scale", "down_blocks.1.downsamplers.0.conv.weight", "class_embedding.weight"])
)
def test_no_tensor_is_superfluous(fixture, name):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(config, {**tensors, name: np.zeros(3)})


def test_without_norm_in_the_middle_there_is_no_tensor_for_it():
    tensors = unet_numpy.random_tensors(FLAT)
    with pytest.raises(ValueError, match=r"no variable takes: mid_block.attentions.0.group_norm.bias"):
        networks_from_tensors({**FLAT, "attn_norm_num_groups": None}, tensors)


@pytest.mark.usefixtures("built_once")
@pytest.mark.parametrize(
    "name", first_of(["conv_in.weight", "time_embedding.linear_1.weight", "mid_block.attentions.0.to_q.bias"])
)
def test_every_shape_is_checked(fixture, name):
    config, tensors, _ = fixture
    for wrong in (np.concatenate([tensors[name]] * 2), tensors[name].ravel()[:3]):
        with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
            networks_from_tensors(config, {**tensors, name: wrong})


@pytest.mark.parametrize(
    "key, value",
    [
        ("_class_name", "UNet2DConditionModel"),
        ("center_input_sample", True),
        ("time_embedding_type", "fourier"),
        ("time_embedding_dim", 32),
        ("mid_block_type", None),
        ("mid_block_scale_factor", 1.4),
        ("downsample_type", "resnet"),
        ("upsample_type", "resnet"),
        ("act_fn", "relu"),
        ("attn_norm_num_groups", 4),
        ("resnet_time_scale_shift", "spatial"),
        ("add_attention", False),
        ("class_embed_type", "timestep"),
        ("out_channels", 4),
        ("sample_size", [16, 32]),
        ("sample_size", None),
        ("down_block_types", ["DownBlock2D", "ResnetDownsampleBlock2D"]),
        ("down_block_types", ["DownBlock2D"]),
        ("up_block_types", ["AttnUpBlock2D", "SkipUpBlock2D"]),
        ("up_block_types", ["UpBlock2D", "AttnUpBlock2D"]),
    ],
)
def test_what_the_network_cannot_be_is_refused(fixture, key, value):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=rf"`{key}` must (.|\n)*Received: ") as error:
        networks_from_tensors({**config, key: value}, tensors)
    assert str(value) in str(error.value)


def test_configuration_keys_are_checked(fixture):
    config, tensors, _ = fixture
    assert_keys_are_checked(unet, config, tensors, unknown="num_heads", required="sample_size")
