import numpy as np
import pytest
import tensorflow as tf

from harness import assert_close, parameters_of, random_inputs
from keras_gans.networks import UNet

SMALL = {
    "resolution": 8,
    "width": 8,
    "channel_multipliers": [1, 1.5],
    "blocks_per_level": 1,
    "attention_resolutions": [4],
    "num_groups": 4,
}
TIMESTEPS = np.array([0, 10, 500, 999], "int32")
LABELS = np.array([1, 0, -1, 2], "int32")


def shrink(network):
    """Weights drawn from N(0, 1) become such that activations neither vanish nor grow."""
    for weight in network.trainable_weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 16.0
        weight.assign(weight / np.sqrt(fan_in) + (weight.name == "gamma"))


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(UNet).items()}
    assert (defaults["width"], defaults["channel_multipliers"]) == (128, (1, 2, 2, 2))
    assert (defaults["blocks_per_level"], defaults["attention_resolutions"]) == (2, (16,))
    assert (defaults["num_groups"], defaults["norm_epsilon"], defaults["dropout"]) == (32, 1e-6, 0.1)
    assert (defaults["freq_shift"], defaults["flip_sin_to_cos"], defaults["downsample_padding"]) == (
        1,
        False,
        0,
    )


@pytest.fixture(scope="module")
def network():
    network = UNet(**SMALL, dropout=0.0)
    shrink_random(network)
    return network


def shrink_random(network, seed=0):
    random = np.random.default_rng(seed)
    for weight in network.trainable_weights:
        weight.assign(random.standard_normal(weight.shape))
    shrink(network)


def test_starts_at_zero():
    """Residual branches and output are zero, so that only what is linear lies between input and output."""
    network = UNet(**SMALL)
    images = random_inputs([(4, 8, 8, 3)])
    np.testing.assert_array_equal(network([images, TIMESTEPS]), 0.0)
    for layer in network.layers:
        if layer.name.endswith("_conv1"):
            np.testing.assert_array_equal(layer.kernel, 0.0)
            np.testing.assert_array_equal(layer.bias, 0.0)
    block = network.get_layer("8x8_down0_conv0")  # Glorot uniform
    np.testing.assert_allclose(np.var(block.kernel), 2 / (9 * 16), rtol=0.15)


def test_the_time_step_matters_as_float_or_int(network):
    images = np.repeat(random_inputs([(1, 8, 8, 3)]), 4, axis=0)
    outputs = np.asarray(network([images, TIMESTEPS]))
    assert (np.abs(np.diff(outputs, axis=0)).max(axis=(1, 2, 3)) > 1e-2).all()
    for dtype in ("float32", "int64"):
        np.testing.assert_array_equal(network([images, TIMESTEPS.astype(dtype)]), outputs)


@pytest.mark.parametrize("scale_shift", [False, pytest.param(True, marks=pytest.mark.full)])
def test_no_label_is_the_unconditional_network(scale_shift):
    """-1 adds nothing; the others add their own row."""
    conditional = UNet(**SMALL, scale_shift=scale_shift, num_classes=3, dropout=0.0)
    shrink_random(conditional)
    plain = UNet(**SMALL, scale_shift=scale_shift, dropout=0.0)
    for layer in [layer for layer in plain.layers if layer.weights]:
        layer.set_weights(conditional.get_layer(layer.name).get_weights())
    images = random_inputs([(4, 8, 8, 3)])
    expected = np.asarray(plain([images, TIMESTEPS]))
    assert_close(conditional([images, TIMESTEPS, np.full(4, -1)]), expected, 1e-6)
    outputs = np.asarray(conditional([images, TIMESTEPS, LABELS]))
    differences = np.abs(outputs - expected).max(axis=(1, 2, 3))
    assert differences[2] < 1e-5
    assert (differences[[0, 1, 3]] > 1e-2).all()
    table = conditional.get_layer("label_embedding").kernel
    assert tuple(table.shape) == (3, 32)
    table.assign(np.repeat(np.asarray(table)[:1], 3, axis=0))
    same = np.asarray(conditional([images, TIMESTEPS, np.zeros(4)]))
    assert_close(conditional([images, TIMESTEPS, np.array([0, 1, 2, 1])]), same, 1e-6)


def test_dropout_in_training_only():
    network = UNet(**SMALL, dropout=0.5)
    shrink_random(network)
    inputs = [random_inputs([(4, 8, 8, 3)]), TIMESTEPS]
    still = np.asarray(network(inputs, training=False))
    np.testing.assert_array_equal(network(inputs), still)
    first, second = (np.asarray(network(inputs, training=True)) for _ in range(2))
    assert np.abs(first - still).max() > 0.1
    assert np.abs(first - second).max() > 0.1
    names = [layer.name for layer in network.layers if layer.name.endswith("_dropout")]
    # One in each residual block: one on the way down and two on the way up of each level, two in the middle.
    assert len(names) == 2 * 3 + 2


def test_without_dropout_training_changes_nothing(network):
    inputs = [random_inputs([(4, 8, 8, 3)]), TIMESTEPS]
    np.testing.assert_array_equal(network(inputs, training=True), network(inputs))
    assert [variable.path for variable in network.variables if not variable.trainable] == []


def loop_over_time_steps(network):
    """As in a sampler: a function of images, in batches of any size."""

    def sample(images):
        def body(t, images):
            noise = network([images, tf.fill([tf.shape(images)[0]], t)])
            return t - 1, images - 0.1 * noise

        return tf.while_loop(lambda t, images: t >= 0, body, [tf.constant(2), images])[1]

    return sample


def by_hand(network, images):
    for t in (2, 1, 0):
        images = images - 0.1 * np.asarray(network([images, np.full(len(images), t)]))
    return images


def test_inside_a_loop_of_unknown_batch(network):
    sample = tf.function(loop_over_time_steps(network), input_signature=[tf.TensorSpec((None, 8, 8, 3))])
    images = random_inputs([(3, 8, 8, 3)])
    expected = by_hand(network, images)
    assert_close(sample(images), expected, 2e-5)
    assert_close(sample(images[:1]), expected[:1], 2e-5)


def test_a_saved_model_has_a_gradient(tmp_path):
    """Gradients of our own, and that of TensorFlow's SiLU, would not outlive it."""
    network = UNet(
        **{**SMALL, "width": 4, "channel_multipliers": [1], "attention_resolutions": []}, dropout=0.0
    )
    shrink_random(network)
    module = tf.Module()
    module.weights = [variable.value for variable in network.variables]
    signature = [tf.TensorSpec((None, 8, 8, 3)), tf.TensorSpec((None,))]
    module.denoise = tf.function(lambda *inputs: network(list(inputs)), input_signature=signature)
    tf.saved_model.save(module, tmp_path / "saved")
    images, timesteps = tf.constant(random_inputs([(4, 8, 8, 3)])), tf.constant(TIMESTEPS, "float32")
    slopes = []
    loaded = tf.saved_model.load(tmp_path / "saved")
    for denoise in (loaded.denoise, lambda *inputs: network(list(inputs))):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = denoise(images, timesteps)
        slopes.append(tape.gradient(outputs, images))
    assert_close(*slopes)
    assert np.abs(slopes[0]).min() > 0.0


@pytest.mark.full
def test_inside_a_loop_under_xla(network):
    sample = tf.function(loop_over_time_steps(network), jit_compile=True)
    images = random_inputs([(3, 8, 8, 3)])
    assert_close(sample(images), by_hand(network, images), 2e-5)


def attentions(network):
    return [layer.name for layer in network.layers if layer.name.endswith("_attention")]


@pytest.mark.parametrize(
    "resolutions, names",
    [
        ([], ["middle0_attention"]),
        ([8], ["8x8_down0_attention", "middle0_attention", "8x8_up0_attention", "8x8_up1_attention"]),
        ([4], ["4x4_down0_attention", "middle0_attention", "4x4_up0_attention", "4x4_up1_attention"]),
    ],
)
def test_where_attention_is(resolutions, names):
    network = UNet(**{**SMALL, "attention_resolutions": resolutions})
    assert sorted(attentions(network)) == sorted(names)


def test_one_level_whose_width_is_not_the_first():
    network = UNet(resolution=5, width=8, channel_multipliers=(2,), attention_resolutions=(), num_groups=8)
    assert network.get_layer("first_conv").kernel.shape == (3, 3, 3, 8)
    assert network.get_layer("5x5_down0_conv0").kernel.shape == (3, 3, 8, 16)
    assert network([np.zeros((1, 5, 5, 3)), np.zeros(1)]).shape == (1, 5, 5, 3)


def test_multipliers_that_have_no_exact_float():
    network = UNet(**{**SMALL, "width": 12, "channel_multipliers": (1, 20 / 12), "num_groups": 4})
    assert network.get_layer("4x4_down0_conv0").kernel.shape == (3, 3, 12, 20)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"resolution": 9}, "`resolution` must be a multiple of 2, as there are 2 levels. Received: 9"),
        ({"resolution": 0}, "`resolution` must be a multiple of 2, as there are 2 levels. Received: 0"),
        (
            {"channel_multipliers": ()},
            "`channel_multipliers` must have one number for each level. Received none",
        ),
        ({"width": 10}, "must be multiples of num_groups=4. Received: width=10"),
        ({"channel_multipliers": (1, 1.25)}, "Received: width=8, channel_multipliers=(1, 1.25)"),
        ({"channel_multipliers": (1, 0)}, "Received: width=8, channel_multipliers=(1, 0)"),
        ({"blocks_per_level": 0}, "`blocks_per_level` must be at least 1. Received: 0"),
        ({"attention_resolutions": (4, 16)}, "among those of the levels, (8, 4). Received: (4, 16)"),
        ({"downsample_padding": 2}, "`downsample_padding` must be 0 or 1. Received: 2"),
        ({"head_dim": 5}, "`head_dim` of 4x4_down0_attention must divide the channels. Received: head_dim=5"),
        ({"dropout": 1.0}, "Received: 1.0"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError) as error:
        UNet(**{**SMALL, **arguments})
    assert message in str(error.value)


def test_policy_by_argument():
    network = UNet(**SMALL, dtype="mixed_bfloat16")
    assert network.get_config()["dtype"] == "mixed_bfloat16"
    assert network.get_layer("8x8_down0_conv0").compute_dtype == "bfloat16"
    for name in ("time_projection", "time_dense0", "time_dense1", "last_conv"):
        assert network.get_layer(name).compute_dtype == "float32"
    assert UNet(**SMALL).get_config()["dtype"] == "float32"
