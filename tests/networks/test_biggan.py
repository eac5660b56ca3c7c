import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import NETWORKS
from network_check import count
from PIL import Image

from harness import assert_close, check_export, parameters_of, random_inputs
from keras_gans import cli
from keras_gans.export import Card, export, load
from keras_gans.networks import BigGANDiscriminator, BigGANGenerator, truncated
from keras_gans.random import counter_normal

LABELS = np.array([0, 2, 1, 2], "int32")
# Sixteen channels at 4 and 8 pixels; two parts of the latents.
GENERATOR = NETWORKS[BigGANGenerator].arguments
DISCRIMINATOR = NETWORKS[BigGANDiscriminator].arguments
BOTH = pytest.mark.parametrize("network_class", [BigGANGenerator, BigGANDiscriminator])


def conv(inputs, outputs, size=3):
    return (size * size * inputs + 1) * outputs


@pytest.fixture
def no_decompositions(monkeypatch):
    """Where values do not matter, large kernels need not be made orthogonal."""
    monkeypatch.setattr(
        keras.initializers.Orthogonal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape)
    )


def test_without_what_is_optional():
    """Tables of classes, all latents in the first layer, grey, no attention, plain layers."""
    generator = BigGANGenerator(
        **{**GENERATOR, "shared_dim": None, "attention_resolutions": []},
        hierarchical=False,
        channels=1,
        orthogonal_weight=None,
        spectral_norm=False,
    )
    block = 2 * conv(16, 16) + conv(16, 16, 1) + 4 * 3 * 16
    assert count(generator) == (6 + 1) * 256 + block + 2 * 16 + conv(16, 1)
    assert not generator.losses and not any(w.name == "u" for w in generator.weights)
    assert generator([random_inputs([(4, 6)]), LABELS]).shape == (4, 8, 8, 1)
    discriminator = BigGANDiscriminator(**DISCRIMINATOR, channels=1, wide=False, spectral_norm=False)
    blocks = conv(1, 1) + conv(1, 16) + conv(1, 16, 1) + 6 * conv(16, 16)
    assert count(discriminator) == blocks + 17 + 3 * 16
    assert discriminator([random_inputs([(4, 8, 8, 1)]), LABELS]).shape == (4, 1)


@pytest.mark.slow
def test_widths_at_512(no_decompositions):
    generator = BigGANGenerator(resolution=512, latent_dim=8, width=8, num_classes=1)
    widths = [generator.get_layer(f"block{i}_conv2").filters // 8 for i in range(7)]
    assert widths == [16, 8, 8, 4, 2, 1, 1]
    assert generator.output_shape == (None, 512, 512, 3)
    assert generator.get_layer("block3_attention").output.shape[1:3] == (64, 64)
    discriminator = BigGANDiscriminator(resolution=512, width=8, num_classes=1)
    layers = [discriminator.get_layer(f"block{i}_conv2") for i in range(8)]
    assert [layer.filters // 8 for layer in layers] == [1, 1, 2, 4, 8, 8, 16, 16]
    assert layers[-1].output.shape[1:3] == (4, 4)
    assert discriminator.get_layer("block2_attention").output.shape[1:3] == (64, 64)


@pytest.mark.parametrize("resolution, halved", [(16, 4), (32, 8)])
def test_small_sizes(resolution, halved):
    generator = BigGANGenerator(
        **{**GENERATOR, "resolution": resolution, "attention_resolutions": [], "latent_dim": 12}
    )
    assert generator.output_shape == (None, resolution, resolution, 3)
    discriminator = BigGANDiscriminator(
        **{**DISCRIMINATOR, "resolution": resolution, "attention_resolutions": [resolution // 2]}
    )
    assert discriminator.get_layer("block3_conv2").output.shape == (None, halved, halved, 16)
    assert [layer.name for layer in discriminator.layers if "attention" in layer.name] == [
        f"block{i}_attention" for i in range(4)
    ]


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(BigGANGenerator).items()}
    assert (defaults["resolution"], defaults["latent_dim"], defaults["width"]) == (128, 120, 96)
    assert (defaults["shared_dim"], defaults["attention_resolutions"]) == (128, (64,))
    assert (defaults["orthogonal_weight"], defaults["statistics_rows"]) == (1e-4, 51)


def test_orthogonal_from_the_start_and_kept_so():
    generator = BigGANGenerator(**GENERATOR, orthogonal_weight=0.5)
    kernels = [w for w in generator.trainable_weights if "kernel" in w.name]
    for kernel in kernels:
        matrix = kernel.numpy().reshape(-1, kernel.shape[-1])
        products = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        assert_close(products, np.eye(len(products)), 1e-5)
    regularized = [w for w in kernels if w.regularizer is not None]
    assert [w.path for w in kernels if w.regularizer is None] == ["shared/kernel"]
    for kernel in kernels:
        kernel.assign(np.random.default_rng(0).standard_normal(kernel.shape))
    matrices = [w.numpy().reshape(-1, w.shape[-1]).astype("float64") for w in regularized]
    products = [matrix.T @ matrix for matrix in matrices]
    expected = [0.5 * np.sum((p * (1.0 - np.eye(len(p)))) ** 2) for p in products]
    assert_close(sorted(float(loss) for loss in generator.losses), sorted(expected), 1e-5)
    assert not BigGANDiscriminator(**DISCRIMINATOR).losses


@pytest.fixture(scope="module")
def generator():
    """With statistics that differ from row to row."""
    keras.utils.set_random_seed(1)
    generator = BigGANGenerator(**GENERATOR)
    random = np.random.default_rng(2)
    for weight in generator.non_trainable_weights:
        if "moving" in weight.name:
            weight.assign(random.uniform(0.2, 0.8, weight.shape))
    for name in ("block0_norm1_scale", "block0_norm2_shift"):
        kernel = generator.get_layer(name).kernel
        kernel.assign(3.0 * random.standard_normal(kernel.shape))
    generator.get_layer("block0_attention").gamma.assign(0.7)
    return generator


def test_parts_of_the_latents(generator):
    """The second part reaches the block but not the first layer; both matter."""
    latents = random_inputs([(1, 6)])
    first = keras.Model(generator.inputs, generator.get_layer("linear").output)
    for changed, in_first in ((slice(0, 3), True), (slice(3, 6), False)):
        other = latents.copy()
        other[:, changed] += 1.0
        pair = [[latents, LABELS[:1]], [other, LABELS[:1]]]
        assert np.any(first(pair[0]) != first(pair[1])) == in_first
        assert np.abs(generator(pair[0]) - generator(pair[1])).max() > 1e-3


def test_a_mixture_of_classes_mixes_their_embeddings(generator):
    call = generator.endpoints()["signed"][0]
    z = np.repeat(random_inputs([(1, 6)]), 4, axis=0)
    shared = generator.get_layer("shared").kernel
    before = shared.numpy()
    shared.assign(np.stack([before[0], before[1], 0.3 * before[0] + 0.7 * before[1]]))
    y = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.3, 0.7, 0]], "float32")
    images = call(z, y, 1.0)
    shared.assign(before)
    assert_close(images[3], images[2], 1e-5)
    assert np.abs(images[0] - images[1]).max() > 1e-3
    assert np.abs(images[3] - images[1]).max() > 1e-4


def test_endpoints_follow_the_truncation(generator):
    z = random_inputs([(3, 6)])
    y = np.eye(3, dtype="float32")[[2, 0, 1]]
    call = generator.endpoints()["signed"][0]
    rows = call(z, y, np.array([1.0, 0.5, 0.25], "float32"))
    # Truncation 1 is the network itself; z is not scaled.
    assert_close(rows[0], generator([z, np.array([2, 0, 1])])[0], 1e-5)
    assert_close(rows[1], call(z, y, 0.5)[1], 1e-5)
    assert np.abs(rows[1] - call(z, y, 1.0)[1]).max() > 1e-3
    # Of three rows, 0.25 lies half-way between the first two: the mean of their statistics, as one row.
    config = {**generator.get_config(), "statistics_rows": 1, "name": "between"}
    between = BigGANGenerator.from_config(config)
    between.set_weights(
        [w.numpy()[:2].mean(axis=0)[None] if "moving" in w.name else w.numpy() for w in generator.weights]
    )
    assert_close(rows[2], between([z, np.array([2, 0, 1])])[2], 1e-5)


@pytest.mark.full
def test_export(generator, tmp_path):
    facts = {"model": "BigGAN", "paper": "1809.11096", "data": "noise", "data_license": "CC0-1.0"}
    card = Card(preset="biggan_noise_8", images_seen=0, class_names=("a", "b", "c"), **facts)
    path = export(generator, tmp_path / "biggan_noise_8" / "1", card=card)
    endpoints, calls = generator.endpoints(), {}
    y = np.array([[1, 0, 0], [0, 0, 1], [0.25, 0.75, 0]], "float32")
    z = np.asarray(truncated(random_inputs([(3, 6)]), 1.0))
    drawn = counter_normal(tf.fill([3], tf.constant(5, "int64")), tf.range(3, dtype="int64"), (6,))
    for rows, level in enumerate((0.5, 1.0, np.array([0.5, 1.0, 0.3], "float32"))):
        level = np.asarray(level, "float32")
        shared = {"y": y, "truncation": level}
        for name in ("default", "signed"):
            expected = endpoints[name][0](z, **shared)
            calls[name, rows] = {"z": z, **shared}, {name: expected}
        expected = endpoints["sample"][0](drawn, **shared)
        arguments = {"num": np.int64(3), "seed": np.int64(5), **shared}
        calls["sample", rows] = arguments, {"sample": expected}
    assert np.abs(calls["sample", 0][1]["sample"] - calls["sample", 1][1]["sample"]).max() > 1e-3
    check_export(path, calls, directory=tmp_path)
    # A seed is one image, however it is asked for.
    loaded, out = load(path), tmp_path / "image.png"
    [expected] = loaded.sample(num=1, seed=5, y=y[1:2], truncation=0.5).numpy()
    latents = loaded.latents(seeds=[5], truncation=0.5)
    assert_close(loaded.default(z=latents, y=y[1:2], truncation=0.5)[0], expected, 1e-5)
    arguments = ["--seeds", "5", "--label", "c", "--truncation", "0.5", "--out", str(out)]
    assert cli.main(["generate", str(path), *arguments]) == 0
    np.testing.assert_allclose(np.asarray(Image.open(out)), expected * 255, atol=1)


@BOTH
@pytest.mark.parametrize("resolution", [4, 36, 1024, 0])
def test_other_resolutions_are_refused(network_class, resolution):
    rule = r"one of \[8, 16, 32, 64, .*512\], or have as many" if resolution == 1024 else "to 4 to 8 pixels"
    with pytest.raises(ValueError, match=rf"{rule}.* Received: {resolution}"):
        network_class(resolution=resolution)


@BOTH
def test_no_classes_are_refused(network_class):
    with pytest.raises(ValueError, match=r"`num_classes` must be at least 1.*Received: 0"):
        network_class(num_classes=0)


@BOTH
def test_attention_needs_a_block(network_class):
    with pytest.raises(ValueError, match=r"`attention_resolutions` must be among.*Received: \[64, 7\]"):
        network_class(attention_resolutions=[64, 7])


@pytest.mark.parametrize("wrong", [{"latent_dim": 121}, {"shared_dim": None}])
def test_parts_need_an_embedding_and_a_multiple(wrong):
    with pytest.raises(ValueError, match=r"multiple of 6. Received: shared_dim=\w+, latent_dim=12[01]"):
        BigGANGenerator(**wrong)
