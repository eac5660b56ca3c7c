import checkpoint_files as files
import numpy as np
import pytest
from reference import autoencoder_numpy, unet_numpy
from reference.parity import assert_parity, channels_last, load
from reference.tensors import assert_each_is_needed, assert_same_numbers

from keras_gans import importers
from keras_gans.importers import autoencoder, readers
from keras_gans.importers.autoencoder import CONFIGS, networks_from_tensors
from keras_gans.importers.family import Checkpoint
from keras_gans.networks import KLAutoencoder, VQAutoencoder


def blocks(levels):
    return {
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
    }


# Three levels, a width that is not a multiple of the first, one colour, no group of more than one channel.
DEEP = {
    **{**CONFIGS["AutoencoderKL"], **blocks(3)},
    **{"in_channels": 1, "out_channels": 1, "block_out_channels": (4, 6, 8), "latent_channels": 2},
    **{"norm_num_groups": 2, "_class_name": "AutoencoderKL"},
}
# Codes of another width than the encoder's end.
WIDE = {
    **{**CONFIGS["VQModel"], **blocks(2)},
    **{"block_out_channels": (8, 4), "latent_channels": 5, "vq_embed_dim": 2, "num_vq_embeddings": 11},
    **{"norm_num_groups": 4, "layers_per_block": 2, "_class_name": "VQModel"},
}
# One level: nothing is resized.
FLAT = {
    **{**CONFIGS["VQModel"], **blocks(1)},
    **{"block_out_channels": (5,), "num_vq_embeddings": 6, "vq_embed_dim": 3, "norm_num_groups": 1},
}
OTHERS = {"deep": DEEP, "wide": WIDE, "flat": FLAT}


@pytest.fixture(scope="module", params=["autoencoder_kl", "vq_autoencoder"])
def fixture(request):
    """Configuration, tensors and all arrays of both files in turn."""
    return load(request.param)


def test_published_networks(fixture, networks):
    _, tensors, arrays = fixture
    network = networks["autoencoder"]
    assert_same_numbers([network], tensors)
    images = channels_last(arrays["inputs/images"])
    out = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith("outputs/")}
    encoded = network.encode(images)
    if isinstance(network, KLAutoencoder):
        mean, log_variance = np.split(np.asarray(encoded), 2, axis=-1)
        assert_parity(mean, channels_last(out["mean"]))
        assert_parity(network.latents(images), channels_last(out["mean"]))
        assert_parity(log_variance, channels_last(out["logvar"]))
        assert_parity(network.decode(mean), channels_last(out["decoded_mean"]))
        sample = network.sample(encoded, channels_last(arrays["inputs/noise"]))
        assert_parity(network.decode(sample), channels_last(out["decoded_sample"]))
        assert_parity(network.kl(encoded), out["kl_per_example"])
        assert_parity(network(images), channels_last(out["decoded_mean"]))
    else:
        assert isinstance(network, VQAutoencoder)
        quantized, indices = network.quantized(encoded)
        assert_parity(encoded, channels_last(out["latents"]))
        np.testing.assert_array_equal(indices, out["indices"])
        assert_parity(quantized, channels_last(out["quantized"]))
        assert_parity(network.decode(encoded), channels_last(out["decoded"]))
        assert_parity(network(images), channels_last(out["decoded"]))
        # Both terms of the quantiser have this value: weights of 1 and 0.25.
        distance = np.mean((network.codes(indices) - encoded) ** 2)
        assert_parity(1.25 * distance, out["commitment_loss"])


def test_the_numpy_network_is_the_published_one(fixture):
    config, tensors, arrays = fixture
    network = autoencoder_numpy.Autoencoder(tensors, config)
    encoded = network.encode(arrays["inputs/images"])
    if "outputs/mean" in arrays:
        expected = np.concatenate([arrays["outputs/mean"], arrays["outputs/logvar"]], axis=1)
        assert_parity(encoded, expected)
        assert_parity(network.decode(arrays["outputs/mean"]), arrays["outputs/decoded_mean"])
    else:
        assert_parity(encoded, arrays["outputs/latents"])
        np.testing.assert_array_equal(network.quantize(encoded)[1], arrays["outputs/indices"])
        assert_parity(network.decode(encoded), arrays["outputs/decoded"])
    assert autoencoder_numpy.shapes(config) == {name: array.shape for name, array in tensors.items()}


@pytest.mark.parametrize("config", OTHERS.values(), ids=OTHERS)
def test_other_configurations(config):
    tensors = autoencoder_numpy.random_tensors(config)
    network = networks_from_tensors(config, tensors)["autoencoder"]
    reference = autoencoder_numpy.Autoencoder(tensors, config)
    images = np.random.default_rng(1).standard_normal((2, config["in_channels"], 4, 8)).astype("float32")
    encoded = reference.encode(images)
    assert_parity(network.encode(channels_last(images)), channels_last(encoded))
    latents = encoded[:, : network.latent_channels].astype("float32")
    expected = channels_last(reference.decode(latents))
    assert 0.1 < np.std(expected) < 10.0
    assert_parity(network.decode(channels_last(latents)), expected)
    if "num_vq_embeddings" in config:
        indices = reference.quantize(latents)[1]
        assert len(np.unique(indices)) > 2
        np.testing.assert_array_equal(network.quantized(channels_last(latents))[1], indices)


def test_convolutions_of_latents_may_be_left_out():
    """They are those that change nothing."""
    tensors = autoencoder_numpy.random_tensors(DEEP)
    for name in ("quant_conv", "post_quant_conv"):
        bias = tensors[f"{name}.bias"]
        tensors[f"{name}.weight"] = np.eye(len(bias), dtype="float32")[..., None, None]
        tensors[f"{name}.bias"] = np.zeros_like(bias)
    stored = {name: array for name, array in tensors.items() if "quant_conv" not in name}
    config = {**DEEP, "use_quant_conv": False, "use_post_quant_conv": False}
    assert_same_numbers(networks_from_tensors(config, stored).values(), tensors)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            DEEP,
            {
                **{"resolution": None, "channels": 1, "width": 4, "channel_multipliers": [1, 1.5, 2]},
                **{"blocks_per_level": 1, "latent_channels": 2, "num_groups": 2, "norm_epsilon": 1e-6},
            },
        ),
        (
            WIDE,
            {
                **{"channel_multipliers": [1, 0.5], "latent_channels": 2, "encoder_channels": 5},
                **{"num_codes": 11, "blocks_per_level": 2},
            },
        ),
        (FLAT, {"latent_channels": 3, "encoder_channels": None}),
    ],
    ids=OTHERS,
)
def test_configuration_of_the_network(config, expected, monkeypatch):
    """Without the weights, which are of no effect on it."""
    monkeypatch.setattr(autoencoder, "_assign", lambda assigner, network, _: assigner.leave(network.weights))
    kind = "VQModel" if "num_vq_embeddings" in config else "AutoencoderKL"
    [network] = networks_from_tensors({**config, "_class_name": kind}, {}).values()
    config = network.get_config()
    assert {name: config[name] for name in expected} == expected


@pytest.mark.usefixtures("built_once")
def test_names_of_older_files(fixture):
    """Of the attention; and the configuration of a file, which names what is of no effect."""
    config, tensors, _ = fixture
    renamed = unet_numpy.with_older_names(tensors)
    assert len(set(renamed) - set(tensors)) == 2 * 8
    kind = "VQModel" if "num_vq_embeddings" in config else "AutoencoderKL"
    said = {**config, "_class_name": kind, "_diffusers_version": "0.1.2", "force_upcast": 1, "sample_size": 9}
    [network] = networks_from_tensors({**said, "scaling_factor": 1.5, "act_fn": "swish"}, renamed).values()
    assert_same_numbers([network], renamed)


def test_every_tensor_is_needed(monkeypatch):
    """One of each kind; that none is left over is checked with the published networks."""
    tensors = autoencoder_numpy.random_tensors(WIDE)
    parts = ("samplers", "quant", "conv_out", "to_q", "mid_block.resnets.1.conv1")
    names = [name for name in tensors if name.endswith("weight") and any(part in name for part in parts)]
    assert len(names) == 2 + 3 + 2 + 2 + 2
    assert_each_is_needed(autoencoder, WIDE, tensors, names=names, monkeypatch=monkeypatch)


@pytest.mark.usefixtures("built_once")
def test_what_does_not_fit(fixture):
    config, tensors, _ = fixture
    name = "decoder.up_blocks.1.upsamplers.0.conv.weight"
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(config, {**tensors, name: np.zeros(3)})
    with pytest.raises(ValueError, match=r"Tensor 'quant_conv.weight' gives shape"):
        networks_from_tensors(config, {**tensors, "quant_conv.weight": np.zeros((3, 2, 1, 1))})


@pytest.mark.parametrize(
    ("config", "key", "value"),
    [
        (DEEP, "_class_name", "AutoencoderTiny"),
        (DEEP, "out_channels", 3),
        (DEEP, "act_fn", "relu"),
        (DEEP, "mid_block_add_attention", False),
        (DEEP, "latents_mean", [0.5, 0.5]),
        (DEEP, "latents_std", [0.5, 0.5]),
        (DEEP, "down_block_types", ["DownEncoderBlock2D", "AttnDownEncoderBlock2D", "DownEncoderBlock2D"]),
        (DEEP, "up_block_types", ["UpDecoderBlock2D"]),
        (WIDE, "norm_type", "spatial"),
        (WIDE, "lookup_from_codebook", True),
    ],
)
def test_what_the_network_cannot_be_is_refused(config, key, value):
    with pytest.raises(ValueError, match=rf"`{key}` must be one of (.|\n)*Received: ") as error:
        networks_from_tensors({**config, key: value}, {})
    assert str(value) in str(error.value)


def test_configuration_keys_are_checked():
    with pytest.raises(ValueError, match=r"unknown: \['num_vq_embeddings'\]"):
        networks_from_tensors({**DEEP, "num_vq_embeddings": 8}, {})


def test_a_folder_of_an_autoencoder_alone(fixture, tmp_path):
    config, tensors, _ = fixture
    kind = "VQModel" if "num_vq_embeddings" in config else "AutoencoderKL"
    weights = {
        "VQModel": {"diffusion_pytorch_model.bin": files.torch_zip(files.state_dict(tensors))},
        "AutoencoderKL": {"diffusion_pytorch_model.safetensors": files.safetensors(tensors)},
    }
    (tmp_path / "vae").mkdir()
    content = {"config.json": {**config, "_class_name": kind}, **weights[kind]}
    imported = importers.load(files.write_files(tmp_path / "vae", content))
    assert imported.family is importers.FAMILIES["autoencoder"]
    assert imported.exported is imported.networks["autoencoder"]
    assert imported.config["scaling_factor"] == 0.18215 and not imported.unused
    assert_same_numbers([imported.exported], tensors)
    assert set(imported.exported.endpoints()) == {"default", "encode", "decode"}


def test_only_alone():
    """What is beside it, and other classes, are not this family's."""
    networks = {name: readers.Network(name, {}, {}) for name in ("VQModel", "UNet2DModel", "AutoencoderTiny")}
    for names in (["VQModel", "UNet2DModel"], ["UNet2DModel"], ["AutoencoderTiny"]):
        assert autoencoder.find(Checkpoint("diffusers folder", {n: networks[n] for n in names})) is None
