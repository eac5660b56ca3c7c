import sys

import checkpoint_files as files
import numpy as np
import pytest
from reference import biggan_numpy, translation_numpy
from reference.parity import assert_parity, channels_last, load

from keras_gans import importers
from keras_gans.importers import files as loader
from keras_gans.importers import readers
from keras_gans.networks import CycleGANTranslator
from keras_gans.networks.biggan_deep import GENERATOR_BLOCKS


def part(tensors, role):
    """Tensors of one network, without its name."""
    return {name.partition("/")[2]: array for name, array in tensors.items() if name.startswith(f"{role}/")}


def write(path, data):
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def stylegan2():
    """Configuration, tensors and arrays of NVIDIA's networks."""
    return load("stylegan2_ada_32")


def nvidia(stylegan2, *, roles=("G", "D", "G_ema"), flat=False):
    """A pickle of NVIDIA's networks; the weights of training are zeros."""
    config, tensors, _ = stylegan2
    content = {}
    for role in roles:
        kwargs = dict(config[role[0]])
        if flat and role[0] == "G":
            kwargs |= {**kwargs.pop("synthesis_kwargs"), "fused_modconv_default": "inference_only"}
        arrays = part(tensors, role[0])
        if role == "G":
            arrays = {name: np.zeros_like(array) for name, array in arrays.items()}
        arrays["mapping.resample_filter"] = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype("float32") / 64
        content[role] = files.module("Discriminator" if role == "D" else "Generator", arrays, kwargs)
    return files.dumps({**content, "augment_pipe": None, "training_set_kwargs": {}}, 4)


@pytest.mark.parametrize("flat", [False, pytest.param(True, marks=pytest.mark.full)])
def test_nvidia_s_networks(stylegan2, tmp_path, flat):
    arrays = stylegan2[2]
    imported = importers.load(write(tmp_path / "network-snapshot.pkl", nvidia(stylegan2, flat=flat)))
    generator, discriminator = (imported.networks[role] for role in ("generator", "discriminator"))
    styles = generator.truncate(generator.styles(arrays["inputs/z"]), 0.5)
    assert_parity(generator.synthesize(styles), channels_last(arrays["outputs/images_const_psi0.5"]))
    images = channels_last(arrays["inputs/d_images"])
    assert_parity(discriminator(images), arrays["outputs/d_logits"])
    assert imported.family.name == "stylegan2" and imported.kind == "nvidia pickle"
    assert imported.exported is generator  # it has no spectral norms
    assert imported.derived["resample_filter"] == [1.0, 3.0, 3.0, 1.0]
    assert imported.config["G.synthesis_kwargs.channel_max"] == 16
    assert imported.unused["G/mapping.w_avg"] == "weights of training: their average is used"
    assert imported.unused["G_ema/mapping.resample_filter"] == "made of the configuration"
    [(name, digest)] = imported.files.items()
    assert name == "network-snapshot.pkl" and len(digest) == 64
    assert "torch" not in sys.modules


def test_defaults_of_the_newer_code():
    """Absent arguments of flat networks are those of the newer class; a file without averages has G."""
    network = readers.Network("Generator", {"z_dim": 4, "conv_clamp": None}, {"mapping.w_avg": 0}, flat=True)
    found = importers.FAMILIES["stylegan2"].find(loader.Checkpoint("nvidia pickle", {"G": network}))
    merged, derived = loader._merge(found, {})
    assert merged["G.synthesis_kwargs.conv_clamp"] is None
    assert derived == {"G.synthesis_kwargs.num_fp16_res": 4, "resample_filter": [1.0, 3.0, 3.0, 1.0]}
    assert found.places == {"G": "G"}


# === Translators ===


def translator_files(folder, config, *, shapes, names, wrapper=""):
    """Files of PyTorch of a generator and a discriminator; returns paths and tensors."""
    tensors = translation_numpy.random_tensors(
        shapes(config["G"]) | translation_numpy.patchgan_shapes(config["D"])
    )
    paths = []
    for role, name in zip("GD", names, strict=True):
        arrays = {f"{wrapper}{key}": array for key, array in part(tensors, role).items()}
        paths.append(write(folder / name, files.torch_zip(files.state_dict(arrays))))
    return paths, tensors


CYCLEGAN = {
    "G": {"n_blocks": 2, "ngf": 2, "norm": "instance", "use_dropout": True, "input_nc": 3, "output_nc": 3},
    "D": {"input_nc": 3, "ndf": 3, "n_layers": 2, "norm": "instance"},
}
PIX2PIX = {
    "G": {"num_downs": 6, "ngf": 2, "norm": "batch", "use_dropout": False, "input_nc": 1, "output_nc": 2},
    "D": {"input_nc": 3, "ndf": 3, "n_layers": 0, "norm": "batch"},
}


@pytest.mark.parametrize(
    ("family", "config", "shapes", "names", "wrapper"),
    [
        ("cyclegan", CYCLEGAN, "resnet_shapes", ("latest_net_G_A.pth", "latest_net_D_A.pth"), "module."),
        ("pix2pix", PIX2PIX, "unet_shapes", ("latest_net_G.pth", "latest_net_D.pth"), ""),
    ],
)
def test_translators(tmp_path, family, config, shapes, names, wrapper):
    """The configuration follows from names and shapes."""
    shapes = getattr(translation_numpy, shapes)
    paths, tensors = translator_files(tmp_path, config, shapes=shapes, names=names, wrapper=wrapper)
    imported = importers.load(*paths)
    assert imported.family.name == family
    assert importers.family.nested(imported.config) == config
    assert imported.derived == imported.config
    assert imported.exported is imported.networks["generator"]
    expected = importers.FAMILIES[family].build(config, tensors)
    for role, network in expected.items():
        for ours, theirs in zip(imported.networks[role].weights, network.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_both_ways(tmp_path):
    shapes = translation_numpy.resnet_shapes
    paths = []
    for name in ("B", "A"):
        names = (f"latest_net_G_{name}.pth", f"latest_net_D_{name}.pth")
        paths += translator_files(tmp_path, CYCLEGAN, shapes=shapes, names=names)[0]
    imported = importers.load(*paths)
    assert isinstance(imported.exported, CycleGANTranslator)
    assert sorted(imported.networks) == [
        *("backward_discriminator", "backward_generator", "forward_discriminator", "forward_generator"),
    ]
    assert imported.notes == ("`default` is the way of latest_net_G_A, `backward` that of latest_net_G_B.",)
    alone = importers.load(paths[0], paths[2], paths[3])  # each is judged by the one of its name
    assert sorted(alone.networks) == ["backward_generator", "forward_discriminator", "forward_generator"]
    with pytest.raises(ValueError, match="Received twice: latest_net_G_A"):
        importers.load(paths[2], paths[2])


def test_a_discriminator_alone(tmp_path):
    (_, judge), _ = translator_files(
        tmp_path, PIX2PIX, shapes=translation_numpy.unet_shapes, names=("G.pth", "D.pth")
    )
    imported = importers.load(judge)
    assert imported.family.title == "PatchGAN discriminator of pix2pix or CycleGAN"
    assert list(imported.networks) == ["discriminator"] and imported.exported is None


def test_statistics_of_instance_norm_are_left():
    """Old files hold them: they are no sign of batch norm."""
    assert importers.pix2pix.norm_of({"a.running_mean": np.ones(3)}, "a") == "instance"
    assert importers.pix2pix.norm_of({"a.weight": np.ones(3)}, "a") == "batch"


# === BigGAN-deep ===


BIGGAN_DEEP = {
    **{
        "output_dim": 8,
        "z_dim": 3,
        "class_embed_dim": 128,
        "channel_width": 4,
        "num_classes": 2,
        "n_stats": 3,
    },
    **{"layers": [[True, 4, 2], [False, 2, 2]], "attention_layer_position": 2, "eps": 1e-4},
}


def test_biggan_deep(tmp_path):
    """The class embedding is as wide as the latents, whatever the configuration says."""
    tensors = biggan_numpy.random_deep_tensors({**BIGGAN_DEEP, "class_embed_dim": 3})
    path = tmp_path / "biggan"
    path.mkdir()
    content = {"config.json": BIGGAN_DEEP, "pytorch_model.bin": files.torch_legacy(files.state_dict(tensors))}
    imported = importers.load(files.write_files(path, content))
    assert imported.config == BIGGAN_DEEP and not imported.derived and not imported.unused
    generator = imported.networks["generator"]
    assert generator.shared_dim == 3
    assert generator.spectral_norm and not imported.exported.spectral_norm
    [ours, theirs] = [
        next(layer for layer in network.layers if layer.name == "block1_conv2")
        for network in (imported.exported, generator)
    ]
    np.testing.assert_allclose(ours.kernel, theirs.normalized(), rtol=1e-6)
    with pytest.raises(ValueError, match=r"Give the folder that has config.json"):
        importers.load(path / "pytorch_model.bin")


def test_published_biggan_deep_needs_no_configuration():
    """At 128 px, from widths alone."""
    blocks, _ = GENERATOR_BLOCKS[128]
    tensors = {
        "embeddings.weight": np.zeros((12, 7)),
        "generator.gen_z.weight_orig": np.zeros(0),
        "generator.conv_to_rgb.weight_orig": np.zeros((2, 2, 3, 3)),
        "generator.bn.running_means": np.zeros((51, 2)),
    }
    for number, (_, before, behind) in enumerate(blocks):
        tensors[f"generator.layers.{number}.conv_0.weight_orig"] = np.zeros((1, 2 * before, 1, 1))
        tensors[f"generator.layers.{number}.conv_3.weight_orig"] = np.zeros((2 * behind, 1, 1, 1))
    network = readers.Network("", {}, tensors)
    found = importers.biggan_deep.find(loader.Checkpoint("torch zip", {"pytorch_model": network}))
    assert found.derived == {
        **{"output_dim": 128, "z_dim": 12, "channel_width": 2, "num_classes": 7, "layers": blocks},
        **{"attention_layer_position": 8, "n_stats": 51},
    }


# === The writer's output, from a file to the export's `default` ===


def torch_file(tensors, role):
    return files.torch_zip(files.state_dict(part(tensors, role)))


ENDS = {
    "stargan": ("stargan_v1_32", "fake", lambda x: {"images": x["images"], "domains": x["labels"]}),
    "stargan_v2": ("stargan_v2_64", "fake_from_z", lambda x: {"images": x["images"], "styles": x["styles"]}),
    "biggan": (
        "biggan_64_G",
        "images",
        lambda x: {"z": x["z"], "y": np.eye(6)[x["labels"]], "truncation": 1.0},
    ),
    "sngan": ("sngan_32", "images", lambda x: {"z": x["z"]}),
}


@pytest.mark.parametrize("family", ENDS)
def test_default_gives_the_writer_s_images(tmp_path, family):
    """All configuration follows from names and shapes."""
    name, output, inputs_of = ENDS[family]
    _, tensors, arrays = load(name)
    roles = list(dict.fromkeys(key.partition("/")[0] for key in tensors))
    if family == "stargan_v2":  # all networks in one file
        nets = {role: files.state_dict(part(tensors, role)) for role in roles}
        paths = [write(tmp_path / "100000_nets_ema.ckpt", files.torch_zip(nets))]
    else:
        paths = [write(tmp_path / f"{role}.pth", torch_file(tensors, role)) for role in roles]
    imported = importers.load(*paths)
    assert imported.family.name == family
    given = {key[7:]: array for key, array in arrays.items() if key.startswith("inputs/")}
    given["styles"] = arrays.get("outputs/style_from_z")
    if "images" in given:
        given["images"] = channels_last(given["images"]) * 0.5 + 0.5
    default, _ = imported.exported.endpoints()["default"]
    made = np.asarray(default(**inputs_of(given)))
    assert_parity(made, np.clip(channels_last(arrays[f"outputs/{output}"]) * 0.5 + 0.5, 0.0, 1.0))


# === What all share ===


def test_networks_of_no_use_are_listed():
    networks = {key: readers.Network("", {}, {"a": 1}) for key in ("G_ema", "G", "rng")}
    checkpoint = loader.Checkpoint("torch zip", networks)
    found = importers.family.Found({}, unused={"G/a": "of training"}, places={"G": "G_ema/inner"})
    assert loader._others(checkpoint, found) == {"rng/a": "of no network of this family"}
    assert loader._others(checkpoint, importers.family.Found({})) == {}


def test_configurations_are_merged():
    found = importers.family.Found({}, {"G": {"z_dim": 4}}, {"G.ngf": 8, "D.ngf": 8, "num": 1})
    merged, derived = loader._merge(found, {"ngf": 2, "z_dim": 4, "G.extra": True})
    assert merged == {"G.z_dim": 4, "G.ngf": 2, "D.ngf": 2, "num": 1, "G.extra": True}
    assert derived == {"num": 1}
    with pytest.raises(ValueError, match=r"The file says G.z_dim=4. Received: z_dim=5"):
        loader._merge(found, {"z_dim": 5})


def test_what_is_no_family(tmp_path):
    path = write(tmp_path / "model.pt", files.torch_zip({"model": files.state_dict({"a": np.ones(2)})}))
    with pytest.raises(ValueError, match=r"of no family known.*Found in a torch zip: model: a"):
        importers.load(path)
    with pytest.raises(ValueError, match=r"`family` must be one of.*Received: 'gan'"):
        importers.load(path, family="gan")
    with pytest.raises(ValueError, match=r"of no family known .pix2pix.. Found"):
        importers.load(path, family="pix2pix")
    with pytest.raises(ValueError, match="needs the path"):
        importers.load()


def test_errors_say_as_what_the_file_was_read(stylegan2, tmp_path):
    path = write(tmp_path / "a.pkl", nvidia(stylegan2, roles=("D",)))
    with pytest.raises(ValueError, match="unknown") as error:
        importers.load(path, **{"D.depth": 3})
    assert "was read as StyleGAN2" in error.value.__notes__[0]


def test_a_network_alone_has_the_file_s_name(tmp_path):
    network = readers.Network("DCGANGenerator", {}, {"a": 1})
    file = readers.File(tmp_path / "model.keras", "keras model", network)
    assert loader.checkpoint_of([file]).networks == {"model": network}
