import numpy as np
import pytest
from reference import translation_numpy
from reference.parity import assert_parity, channels_last
from reference.tensors import assert_same_numbers, assert_same_shapes

from harness import first_of
from keras_gans.importers import stargan_v2
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network
from keras_gans.importers.stargan_v2 import CONFIG, networks_from_tensors
from keras_gans.networks import (
    StarGANv2,
    StarGANv2Discriminator,
    StarGANv2Generator,
    StarGANv2MappingNetwork,
    StarGANv2StyleEncoder,
)

FIXTURE = "stargan_v2_64"

# The high-pass branch, three domains, other layers and widths, a first map wider than the others may be.
HIGH_PASS = {
    "img_size": 32,
    "first_width": 3,
    "max_conv_dim": 5,
    "style_dim": 7,
    "latent_dim": 4,
    "num_domains": 3,
    "w_hpf": 1,
    "mapping_width": 6,
    "mapping_shared_layers": 2,
    "mapping_unshared_layers": 1,
}
WIDE = {
    **HIGH_PASS,
    "first_width": 8,
    "max_conv_dim": 6,
    "num_domains": 1,
    "w_hpf": 0,
    "mapping_shared_layers": 0,
    "mapping_unshared_layers": 3,
}
OTHERS = {"high_pass": HIGH_PASS, "wide": WIDE}


def random_tensors(config):
    return translation_numpy.random_tensors(translation_numpy.stargan_v2_shapes(config))


def test_published_networks(fixture, networks):
    _, _, arrays = fixture
    images, references = (channels_last(arrays[f"inputs/{name}"]) for name in ("images", "reference_images"))
    domains = arrays["inputs/y"]
    for source, style in (
        ("z", networks["mapping_network"]([arrays["inputs/z"], domains])),
        ("reference", networks["style_encoder"]([references, domains])),
    ):
        assert_parity(style, arrays[f"outputs/style_from_{source}"])
        expected = channels_last(arrays[f"outputs/fake_from_{source}"])
        assert_parity(networks["generator"]([images, style]), expected)
    logits = networks["discriminator"]([images, arrays["inputs/y_org"]])
    assert_parity(logits[:, 0], arrays["outputs/d_logits"])


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    domains, styles = arrays["inputs/y"], arrays["outputs/style_from_z"]
    reference = translation_numpy
    for actual, name in (
        (reference.stargan_v2_mapping_network(tensors, config, arrays["inputs/z"], domains), "style_from_z"),
        (
            reference.stargan_v2_style_encoder(tensors, config, arrays["inputs/reference_images"], domains),
            "style_from_reference",
        ),
        (
            reference.stargan_v2_generator(tensors, config, arrays["inputs/images"], styles),
            "fake_from_z",
        ),
        (
            reference.stargan_v2_discriminator(
                tensors, config, arrays["inputs/images"], arrays["inputs/y_org"]
            ),
            "d_logits",
        ),
    ):
        assert_parity(actual, arrays[f"outputs/{name}"])
    assert_same_shapes(random_tensors(config), tensors)


@pytest.mark.parametrize("config", first_of(list(OTHERS.values()), ids=list(OTHERS)))
def test_other_configurations(config):
    tensors, reference = random_tensors(config), translation_numpy
    networks = networks_from_tensors(config, tensors)
    random = np.random.default_rng(1)
    images, masks, latents = (
        random.standard_normal(shape).astype("float32") for shape in ((3, 3, 32, 32), (3, 1, 32, 32), (3, 4))
    )
    domains = np.array([2, 0, 1], "int32") % config["num_domains"]
    ours = channels_last(images)
    styles = reference.stargan_v2_mapping_network(tensors, config, latents, domains)
    assert_parity(networks["mapping_network"]([latents, domains]), styles)
    expected = reference.stargan_v2_style_encoder(tensors, config, images, domains)
    assert_parity(networks["style_encoder"]([ours, domains]), expected)
    expected = reference.stargan_v2_discriminator(tensors, config, images, domains)
    assert_parity(networks["discriminator"]([ours, domains])[:, 0], expected)
    styles = styles.astype("float32")
    expected = channels_last(reference.stargan_v2_generator(tensors, config, images, styles))
    assert np.std(expected) > 0.1
    assert_parity(networks["generator"]([ours, styles]), expected)
    if config["w_hpf"]:
        expected = channels_last(reference.stargan_v2_generator(tensors, config, images, styles, masks))
        assert_parity(networks["generator"]([ours, styles, channels_last(masks)]), expected)


def test_what_is_built(fixture, networks):
    _, tensors, _ = fixture
    classes = {
        "generator": StarGANv2Generator,
        "mapping_network": StarGANv2MappingNetwork,
        "style_encoder": StarGANv2StyleEncoder,
        "discriminator": StarGANv2Discriminator,
    }
    assert {kind: type(network) for kind, network in networks.items()} == classes
    assert_same_numbers(networks.values(), tensors)
    three = {kind: network for kind, network in networks.items() if kind != "discriminator"}
    assert StarGANv2(**three).generator is networks["generator"]


@pytest.mark.usefixtures("built_once")
@pytest.mark.parametrize("kind", ["generator", "mapping_network", "style_encoder", "discriminator"])
def test_one_network_alone(fixture, kind):
    config, tensors, _ = fixture
    some = {name: array for name, array in tensors.items() if name.startswith(f"{kind}/")}
    assert list(networks_from_tensors(config, some)) == [kind]


def test_first_width_of_the_published_networks():
    config = {**HIGH_PASS, "img_size": 2048, "max_conv_dim": 8, "first_width": 8}
    some = {k: v for k, v in random_tensors(config).items() if k.startswith("discriminator/")}
    del config["first_width"]
    assert networks_from_tensors(config, some)["discriminator"].width == 2**14 // 2048
    published = {
        "img_size": 256,
        "max_conv_dim": 512,
        "style_dim": 64,
        "latent_dim": 16,
        "mapping_width": 512,
    }
    assert {key: CONFIG[key] for key in published} == published
    assert CONFIG["mapping_shared_layers"] == CONFIG["mapping_unshared_layers"] == 4


@pytest.mark.usefixtures("built_once")
@pytest.mark.parametrize("kind", ["generator", "mapping_network", "style_encoder", "discriminator"])
def test_every_tensor_is_needed(fixture, kind):
    config, tensors, _ = fixture
    some = {name: array for name, array in tensors.items() if name.startswith(f"{kind}/")}
    for name in some:
        rest = {other: array for other, array in some.items() if other != name}
        with pytest.raises(ValueError, match=f"'{name}', which is missing"):
            networks_from_tensors(config, rest)


@pytest.mark.usefixtures("built_once")
@pytest.mark.parametrize(
    "name",
    first_of(["generator/decode.4.conv1.weight", "generator/hpf.filter", "style_encoder/unshared.2.bias"]),
)
def test_no_tensor_is_superfluous(fixture, name):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(config, {**tensors, name: np.zeros(3)})


def test_the_constant_of_the_high_pass_branch():
    tensors = {k: v for k, v in random_tensors(HIGH_PASS).items() if k.startswith("generator/")}
    networks_from_tensors(HIGH_PASS, {**tensors, "generator/hpf.filter": np.zeros((3, 3))})


def test_configuration_is_checked(fixture):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=r"unknown: \['domains'\]"):
        networks_from_tensors({**config, "domains": 2}, tensors)
    with pytest.raises(ValueError, match=r"missing: \['num_domains', 'w_hpf'\]"):
        networks_from_tensors({"img_size": 64}, tensors)
    for wrong in ("1", -1, None, True, float("nan")):
        with pytest.raises(ValueError, match=f"`w_hpf` must be a number, 0 or more. Received: {wrong!r}"):
            networks_from_tensors({**config, "w_hpf": wrong}, tensors)
    some = {name: array for name, array in tensors.items() if name.startswith("mapping_network/")}
    for options in ({"style_dim": 9}, {"num_domains": 1}, {"mapping_shared_layers": 3}):
        with pytest.raises(ValueError, match=r"gives shape|no variable takes"):
            networks_from_tensors({**config, **options}, some)


def test_no_tensors_are_no_networks(fixture):
    with pytest.raises(ValueError, match="begin with 'generator/' or 'mapping_network/'"):
        networks_from_tensors(fixture[0], {"G/main.0.weight": np.zeros(3)})


def found_in(tensors):
    networks = {}
    for name, array in tensors.items():
        role, _, rest = name.partition("/")
        networks.setdefault(role, Network("", {}, {})).tensors[rest] = array
    return stargan_v2.find(Checkpoint("torch zip", networks))


@pytest.mark.parametrize("name", ["published", *OTHERS])
def test_the_configuration_follows_from_shapes(fixture, name):
    config = fixture[0] if name == "published" else {**CONFIG, **OTHERS[name]}
    tensors = fixture[1] if name == "published" else random_tensors(config)
    derived = found_in(tensors).derived
    width = config["first_width"]
    expected = {**config, "first_width": 2**14 // config["img_size"] if width is None else width}
    if config["w_hpf"]:
        expected["w_hpf"] = 1  # its weight is not in the tensors' shapes
    widest = max(array.shape[0] for array in tensors.values() if array.ndim == 4)
    assert derived == {**expected, "max_conv_dim": widest}


def test_three_networks_translate(fixture, networks):
    exported = stargan_v2.FAMILY.export(networks, {})
    assert exported.style_encoder is networks["style_encoder"]
    tensors = {name: array for name, array in fixture[1].items() if not name.startswith("mapping")}
    with pytest.raises(ValueError, match=r"StarGAN v2 needs .*mapping_network.* Received: "):
        found_in(tensors)
    assert found_in({}) is None
