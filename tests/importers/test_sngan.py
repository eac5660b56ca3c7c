import numpy as np
import pytest
from reference import sngan_numpy
from reference.numpy_layers import correlate
from reference.parity import assert_parity

from harness import first_of
from keras_gans.importers import sngan
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network
from keras_gans.importers.sngan import CONFIG, networks_from_tensors
from keras_gans.networks import SNGANDiscriminator, SNGANGenerator

FIXTURE = "sngan_32"

OTHER = {"z_dim": 7, "g_width": 6, "d_width": 5, "resolution": 16}

# Where the reference keeps the parts of a block.
G_PARTS = {"norm0": "residual.0", "conv0": "residual.3", "norm1": "residual.4", "conv1": "residual.6"}
G_PARTS["shortcut"] = "shortcut.1"
FIRST = {"conv0": "residual.0", "conv1": "residual.2", "shortcut": "shortcut.1"}
LATER = {"conv0": "residual.1", "conv1": "residual.3", "shortcut": "shortcut.0"}


def numpy_generator(tensors, config, latents):
    sizes = [size for size in (8, 16, 32) if size <= config["resolution"]]

    def place(number, part):
        if number == "last":
            return {"norm": "G/output.0", "conv": "G/output.2"}[part]
        return f"G/blocks.{sizes.index(number)}.{G_PARTS[part]}"

    def conv(x, number, part):
        name = place(number, part)
        return correlate(x, tensors[f"{name}.weight"].transpose(2, 3, 1, 0)) + tensors[f"{name}.bias"]

    def norm(x, number, part):
        get = lambda kind: tensors[f"{place(number, part)}.{kind}"].astype("float64")  # noqa: E731
        x = (x - get("running_mean")) / np.sqrt(get("running_var") + 1e-5)
        return x * get("weight") + get("bias")

    def dense(x):
        x = x @ tensors["G/linear.weight"].T + tensors["G/linear.bias"]
        return x.reshape(len(x), -1, 4, 4).transpose(0, 2, 3, 1)

    return sngan_numpy.generator(latents.astype("float64"), sizes, dense=dense, norm=norm, conv=conv)


def numpy_discriminator(tensors, images):
    def name(number, part):
        return f"D/model.{number}.{(LATER if number else FIRST)[part]}"

    def weight(name):
        rows = tensors[f"{name}.weight_orig"].astype("float64")
        u = tensors[f"{name}.weight_u"].astype("float64")
        return sngan_numpy.spectral(rows.reshape(len(u), -1), u).reshape(rows.shape)

    def conv(x, number, part):
        place = name(number, part)
        return correlate(x, weight(place).transpose(2, 3, 1, 0)) + tensors[f"{place}.bias"]

    vectors = sngan_numpy.features(
        images.astype("float64"), blocks=4, halvings=2, conv=conv, has_shortcut=lambda number: number < 2
    )
    return vectors @ weight("D/linear").T


def random_tensors(config):
    """Every tensor of the reference, at the configuration's sizes."""
    random = np.random.default_rng(0)
    g, d = config["g_width"], config["d_width"]
    tensors = {}

    def normal(*shape):
        return random.standard_normal(shape).astype("float32")

    def norm(name):
        tensors.update({f"{name}.weight": 1 + 0.3 * normal(g), f"{name}.bias": normal(g)})
        tensors.update({f"{name}.running_mean": normal(g), f"{name}.running_var": normal(g) ** 2 + 0.5})
        tensors[f"{name}.num_batches_tracked"] = np.array(100)

    def conv(name, outputs, inputs, size, spectral=False):
        weight = normal(outputs, inputs, size, size) / np.sqrt(inputs * size * size)
        tensors[f"{name}.weight_orig" if spectral else f"{name}.weight"] = weight.astype("float32")
        tensors[f"{name}.bias"] = normal(outputs)
        if spectral:
            vectors(name, weight.reshape(outputs, -1))

    def vectors(name, matrix):
        u, _, v = np.linalg.svd(matrix, full_matrices=False)
        tensors[f"{name}.weight_u"], tensors[f"{name}.weight_v"] = u[:, 0], v[0]

    tensors["G/linear.weight"] = normal(16 * g, config["z_dim"]) / np.sqrt(config["z_dim"], dtype="float32")
    tensors["G/linear.bias"] = normal(16 * g)
    for number in range({8: 1, 16: 2, 32: 3}[config["resolution"]]):
        for part, place in G_PARTS.items():
            name = f"G/blocks.{number}.{place}"
            if part.startswith("norm"):
                norm(name)
            else:
                conv(name, g, g, 1 if part == "shortcut" else 3)
    norm("G/output.0")
    conv("G/output.2", 3, g, 3)
    for number in range(4):
        for part, place in (LATER if number else FIRST).items():
            if part == "shortcut" and number > 1:
                continue
            inputs = 3 if number == 0 and part != "conv1" else d
            conv(f"D/model.{number}.{place}", d, inputs, 1 if part == "shortcut" else 3, spectral=True)
    tensors["D/linear.weight_orig"] = normal(1, d)
    vectors("D/linear", tensors["D/linear.weight_orig"])
    return tensors


def test_published_networks(fixture):
    config, tensors, arrays = fixture
    networks = networks_from_tensors(config, tensors)
    assert type(networks["generator"]) is SNGANGenerator
    assert type(networks["discriminator"]) is SNGANDiscriminator
    images = np.asarray(networks["generator"](arrays["inputs/z"]))
    assert_parity(images.transpose(0, 3, 1, 2), arrays["outputs/images"])
    logits = networks["discriminator"](arrays["inputs/d_images"].transpose(0, 2, 3, 1))
    assert_parity(logits, arrays["outputs/d_logits"])


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    images = numpy_generator(tensors, config, arrays["inputs/z"][:1])
    assert_parity(images.transpose(0, 3, 1, 2), arrays["outputs/images"][:1])
    logits = numpy_discriminator(tensors, arrays["inputs/d_images"][:1].transpose(0, 2, 3, 1))
    assert np.abs(logits - arrays["outputs/d_logits"][:1]).max() <= 1e-4
    ours = {name: a.shape for name, a in random_tensors(config).items() if "num_batches" not in name}
    assert ours == {name: array.shape for name, array in tensors.items()}


def test_other_configurations():
    tensors = random_tensors(OTHER)
    networks = networks_from_tensors(OTHER, tensors)
    random = np.random.default_rng(1)
    latents = random.standard_normal((3, 7)).astype("float32")
    expected = numpy_generator(tensors, OTHER, latents)
    assert_parity(networks["generator"](latents), expected)
    assert np.std(expected) > 0.1
    images = random.standard_normal((3, 16, 16, 3)).astype("float32")
    expected = numpy_discriminator(tensors, images)
    assert_parity(networks["discriminator"](images), expected)
    assert np.std(expected) > 0.1


def test_defaults_are_the_published_configuration():
    assert CONFIG == {"z_dim": 128, "g_width": 256, "d_width": 128, "resolution": 32}


@pytest.mark.parametrize(
    "name",
    first_of(
        [
            "G/linear.bias",
            "G/blocks.1.residual.4.running_var",
            "G/output.2.weight",
            "D/model.1.shortcut.0.weight_u",
            "D/model.3.residual.3.bias",
            "D/linear.weight_orig",
        ]
    ),
)
def test_tensors_are_needed_and_of_one_shape(name):
    tensors = {k: array for k, array in random_tensors(OTHER).items() if k[0] == name[0]}
    rest = {other: array for other, array in tensors.items() if other != name}
    with pytest.raises(ValueError, match=f"'{name}', which is missing"):
        networks_from_tensors(OTHER, rest)
    with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
        networks_from_tensors(OTHER, {**tensors, name: np.concatenate([tensors[name]] * 2)})


def test_configuration_keys_are_checked():
    with pytest.raises(ValueError, match=r"unknown: \['latent_dim'\].*Allowed: \['d_width', 'g_width'"):
        networks_from_tensors({"latent_dim": 16}, random_tensors(OTHER))


def parts(tensors):
    return {part: {n[2:]: a for n, a in tensors.items() if n.startswith(f"{part}/")} for part in "GD"}


def test_the_configuration_follows_from_shapes(fixture):
    config, tensors, _ = fixture
    own = parts(tensors)
    networks = {
        place: Network("", {}, own[part]) for place, part in (("net_G", "G"), ("ema_G", "G"), ("net_D", "D"))
    }
    found = sngan.find(Checkpoint("torch zip", networks))
    assert found.places == {"G": "ema_G", "D": "net_D"}
    assert found.unused["net_G/linear.bias"] == "weights of training: their average is used"
    assert found.derived == {
        "G": {"resolution": 32, "z_dim": config["z_dim"], "g_width": config["g_width"], "n_classes": 0},
        "D": {"resolution": 32, "d_width": config["d_width"], "n_classes": 0},
    }
    assert sngan.find(Checkpoint("torch zip", {})) is None
