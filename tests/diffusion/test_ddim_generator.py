import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import flow_numpy
from small_denoiser import Denoiser
from tensorflow.core.protobuf import saved_model_pb2

from harness import check_export
from keras_gans import diffusion, export
from keras_gans.export import card, signatures
from keras_gans.random import counter_normal


def make(*, num_classes=0, steps=4, **options):
    keras.utils.set_random_seed(3)
    network = Denoiser(num_classes=num_classes, learned_variance="variance" in options)
    process = diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=20), **options)
    return diffusion.DiffusionGenerator(network, process, steps=steps)


CONDITIONAL = pytest.param(3, id="conditional")
UNCONDITIONAL = pytest.param(0, id="unconditional", marks=pytest.mark.full)


@pytest.fixture(scope="module", params=[CONDITIONAL, UNCONDITIONAL])
def exported(request, tmp_path_factory):
    # v keeps rounding small where signal is: numbers can be compared closely.
    generator = make(num_classes=request.param, prediction=diffusion.V())
    path = tmp_path_factory.mktemp("savedmodels") / "1"
    facts = {"preset": "ddpm_tiny_8", "model": "DDPM", "paper": "2006.11239", "data": "noise"}
    names = [f"class {i}" for i in range(request.param)]
    facts = card.Card(**facts, data_license="CC0-1.0", images_seen=0, class_names=names)
    export.export(generator, path, card=facts)
    return generator, path, export.load(path)


def latents(generator, rows=2):
    return tf.random.stateless_normal((rows, generator.latent_dim), [1, 2])


def numpy_ddim(generator, z, *, steps, labels=None, guidance=1.0):
    """Independent: equation 12 of the paper with eta 0, on the trailing timesteps, for v, with guidance."""
    total, table = generator.process.timesteps, generator.process.schedule.alpha_cumprod
    times = [round(total * (steps - i) / steps) for i in range(steps)]
    x = z.numpy().reshape(-1, 8, 8, 3).astype("float64")
    for t, previous in zip(times, [*times[1:], 0], strict=True):

        def predict(label, x=x, t=t):
            inputs = [tf.constant(x, "float32"), tf.fill([len(x)], t - 1)]
            inputs += [] if label is None else [tf.constant(label, "int32")]
            return generator.denoiser(inputs).numpy()

        none = None if not generator.num_classes else np.full(len(x), -1)
        v = predict(none if labels is None else labels)
        if labels is not None:
            without = predict(none)
            v = without + guidance * (v - without)
        signal, sigma = np.sqrt(table[t]), np.sqrt(1 - table[t])
        clean, epsilon = np.clip(signal * x - sigma * v, -1, 1), sigma * x + signal * v
        x = np.sqrt(table[previous]) * clean + np.sqrt(1 - table[previous]) * epsilon
    return np.clip(x * 0.5 + 0.5, 0, 1)


def test_default_is_ddim(exported):
    generator, _, loaded = exported
    z = latents(generator)
    expected = numpy_ddim(generator, z, steps=4)
    images = loaded.default(z)
    np.testing.assert_allclose(images, expected, atol=2e-4)
    np.testing.assert_allclose(generator(z) * 0.5 + 0.5, expected, atol=2e-4)


def test_the_file_holds_the_network_once(exported):
    """Not once for each endpoint: it has two convolutions."""
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((exported[1] / "saved_model.pb").read_bytes())
    functions = model.meta_graphs[0].graph_def.library.function
    assert [node.op for function in functions for node in function.node_def].count("Conv2D") == 2


def test_guidance(exported):
    generator, _, loaded = exported
    z = latents(generator)
    if not generator.num_classes:
        assert not hasattr(loaded, "guided")
        return
    for labels, guidance in (([0, 2], 1.0), ([1, 1], 3.0)):
        images = loaded.guided(z=z, labels=tf.constant(labels, "int32"), guidance=tf.constant(guidance))
        expected = numpy_ddim(generator, z, steps=4, labels=np.array(labels), guidance=guidance)
        np.testing.assert_allclose(images, expected, atol=5e-4)
    none = loaded.guided(z=z, labels=tf.constant([-1, -1]), guidance=tf.constant(3.0))
    np.testing.assert_allclose(none, loaded.default(z), atol=1e-5)
    # One strength for all, or one for each.
    each = loaded.guided(z=z, labels=tf.constant([1, 1]), guidance=tf.constant([1.0, 3.0]))
    both = loaded.guided(z=z, labels=tf.constant([1, 1]), guidance=tf.constant(3.0))
    np.testing.assert_allclose(each[1], both[1], atol=1e-5)


def arguments_of(generator, **changes):
    found = {"num": 3, "seed": 5, "steps": 5, "eta": 0.0}
    if generator.num_classes:
        found |= {"labels": 1, "guidance": 2.0}
    dtypes = {"num": "int64", "seed": "int64", "steps": "int64", "labels": "int32"}
    found |= changes
    return {name: tf.constant(value, dtypes.get(name, "float32")) for name, value in found.items()}


def test_sample_is_a_function_of_seed_and_index(exported):
    generator, _, loaded = exported
    sample = loaded.sample
    for eta in (0.0, 1.0):
        three = sample(**arguments_of(generator, eta=eta)).numpy()
        one = sample(**arguments_of(generator, eta=eta, num=1)).numpy()
        np.testing.assert_allclose(one, three[:1], atol=1e-5)
        other = sample(**arguments_of(generator, eta=eta, seed=6)).numpy()
        assert np.abs(three - other).max() > 0.01
    assert np.abs(three - sample(**arguments_of(generator, eta=0.0)).numpy()).max() > 1e-3
    assert sample(**arguments_of(generator, num=0)).shape == (0, 8, 8, 3)
    z = counter_normal(tf.fill([3], tf.constant(5, "int64")), tf.range(3, dtype="int64"), (192,))
    options = {"labels": np.ones(3, int), "guidance": 2.0} if generator.num_classes else {}
    expected = numpy_ddim(generator, z, steps=5, **options)
    images = sample(**arguments_of(generator, eta=0.0))
    np.testing.assert_allclose(images, expected, atol=1e-3)


def test_denoise_and_diffuse_walk_the_same_way(exported):
    """DDIM by hand, from what the two endpoints say, is `default`."""
    generator, _, loaded = exported
    z = latents(generator)
    x = tf.reshape(z, (-1, 8, 8, 3))
    options = {}
    if generator.num_classes:
        options = {"labels": tf.constant([-1, -1]), "guidance": tf.constant(1.0)}
    for t, previous in ((20, 15), (15, 10), (10, 5), (5, 0)):
        said = loaded.denoise(x=x, t=tf.constant([t, t]), **options)
        x = loaded.diffuse(images=said["images"], noise=said["noise"], t=tf.constant([previous] * 2))
    np.testing.assert_allclose(x * 0.5 + 0.5, loaded.default(z), atol=1e-4)


def test_invert_leads_back(exported):
    """With all steps, inversion and sampling nearly cancel."""
    generator, _, loaded = exported
    options = {"labels": -1, "guidance": 1.0} if generator.num_classes else {}
    images = loaded.sample(**arguments_of(generator, num=2, steps=20, eta=0.0, **options))
    z = loaded.invert(images=images, steps=tf.constant(20, "int64"))
    assert z.shape == (2, generator.latent_dim)
    one_step = loaded.invert(images=images, steps=tf.constant(1, "int64"))
    truth = counter_normal(tf.fill([2], tf.constant(5, "int64")), tf.range(2, dtype="int64"), (192,))
    assert np.abs(z - truth).mean() < np.abs(one_step - truth).mean()


@pytest.mark.parametrize(
    "name, value",
    [("steps", 0), ("steps", 21), ("eta", 1.5), ("eta", float("nan")), ("num", -1), ("num", 10**7)],
)
def test_guards_name_the_argument(exported, name, value):
    generator, _, loaded = exported
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{name}` must lie in"):
        loaded.sample(**arguments_of(generator, **{name: value}))


def test_other_guards(exported):
    generator, _, loaded = exported
    x = tf.zeros((1, 8, 8, 3))
    options = {}
    if generator.num_classes:
        options = {"labels": tf.constant([0]), "guidance": tf.constant(1.0)}
    for t in (0, 21):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"`t` must lie in \[1, 20\]"):
            loaded.denoise(x=x, t=tf.constant([t]), **options)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`images` must lie in \[0.0, 1.0\]"):
        loaded.invert(images=x - 0.1, steps=tf.constant(3, "int64"))
    if generator.num_classes:
        for label in (-2, 3):
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"`labels` must lie in \[-1, 2\]"):
                loaded.denoise(x=x, t=tf.constant([1]), **{**options, "labels": tf.constant([label])})


def test_gradient_through_the_loop_after_reloading(exported):
    generator, _, loaded = exported
    default = loaded.signatures["default"]
    z = latents(generator)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = tf.reduce_sum(default(z)["default"] ** 2)
    slope = tape.gradient(loss, z).numpy()
    direction = np.random.default_rng(0).standard_normal(z.shape).astype("float32")
    # So small because clipping makes kinks in between, and hence summed in float64.
    step = 3e-4
    images = [default(z + s * direction)["default"].numpy().astype("float64") for s in (step, -step)]
    ahead, behind = ((each**2).sum() for each in images)
    assert (ahead - behind) / (2 * step) == pytest.approx(float((slope * direction).sum()), rel=0.05)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = tf.reduce_sum((generator(z) * 0.5 + 0.5) ** 2)
    np.testing.assert_allclose(slope, tape.gradient(loss, z), atol=1e-3 * np.abs(slope).max())


def test_xla_gives_the_same(exported):
    generator, _, loaded = exported
    z = latents(generator)
    compiled = tf.function(lambda z: loaded.default(z), jit_compile=True)
    np.testing.assert_allclose(compiled(z), loaded.default(z), atol=1e-4)


@pytest.mark.slow
def test_a_process_without_the_package(exported, tmp_path):
    generator, path, _ = exported
    calls = {}
    for rows in (1, 3):
        for name, (function, specs) in generator.endpoints().items():
            if name == "sample":
                continue  # derived from it, and compared above
            arguments = signatures.example_arguments(specs, rows)
            outputs = signatures.guarded(function, specs)(**{k: tf.constant(v) for k, v in arguments.items()})
            calls[name, rows] = (arguments, outputs if isinstance(outputs, dict) else {name: outputs})
    check_export(path, calls, directory=tmp_path)


def test_an_unconditional_generator_without_an_export():
    """What it offers, and DDIM by hand."""
    generator = make(prediction=diffusion.V())
    endpoints = generator.endpoints()
    assert set(endpoints) == {"default", "sample", "denoise", "diffuse", "invert", "inpaint", "vary"}
    assert not any({"labels", "guidance"} & set(specs) for _, specs in endpoints.values())
    z = latents(generator)
    np.testing.assert_allclose(endpoints["default"][0](z), numpy_ddim(generator, z, steps=4), atol=2e-4)


def test_a_flow_goes_by_euler():
    """Every signature, on a path of 8 timesteps, and back."""
    keras.utils.set_random_seed(3)
    generator = diffusion.DiffusionGenerator(Denoiser(), diffusion.FlowProcess(8), steps=4)
    endpoints = {name: function for name, (function, _) in generator.endpoints().items()}
    z = latents(generator)

    def velocity(x, t):
        inputs = [tf.constant(x, "float32"), tf.fill([len(x)], t - 1)]
        return generator.denoiser(inputs).numpy().astype("float64")

    noise = z.numpy().reshape(-1, 8, 8, 3)
    known = flow_numpy.euler(velocity, noise, [8, 6, 4, 2], 8, clip=True)
    np.testing.assert_allclose(endpoints["default"](z), np.clip(known[-1] * 0.5 + 0.5, 0, 1), atol=1e-5)
    said = endpoints["denoise"](tf.constant(noise), tf.constant([8, 8]))
    np.testing.assert_array_equal(said["noise"], noise)
    states = endpoints["diffuse"](said["images"], said["noise"], tf.constant([6, 6]))
    np.testing.assert_allclose(states, known[1], atol=1e-5)
    key = tf.constant([[5, 0], [5, 1]], "int64")
    silent = endpoints["sample"](z, key, 8, tf.zeros((2, 1)))
    assert np.abs(silent - endpoints["sample"](z, key, 8, tf.ones((2, 1)))).max() > 1e-3
    # Back: Euler by fixed point, which the clipping of the way there is no part of.
    inside = 0.25 + 0.5 * silent
    found = endpoints["invert"](inside, 8).numpy().reshape(noise.shape)
    state = 2.0 * inside.numpy() - 1.0
    for t in range(1, 9):
        state = state + velocity(state, t) / 8
    np.testing.assert_allclose(found, state, atol=1e-5)


def test_learned_variance_samples_with_the_prediction():
    generator = make(variance=diffusion.Learned())
    images = generator(latents(generator))
    assert images.shape == (2, 8, 8, 3) and np.isfinite(images).all()


def test_config_round_trip():
    generator = make(num_classes=3)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(generator)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is diffusion.DiffusionGenerator and again.get_config() == generator.get_config()
    again.set_weights(generator.get_weights())
    z = latents(generator)
    np.testing.assert_allclose(
        again([z, tf.constant([0, 1])]), generator([z, tf.constant([0, 1])]), atol=1e-6
    )


def test_the_card_s_snippet_runs(exported):
    _, path, _ = exported
    text = (path / "README.md").read_text()
    snippet = text.split("```python\n")[1].split("```")[0]
    assert "num=4, seed=0, steps=20, eta=tf.constant(1.0)" in snippet
    snippet = snippet.replace("import tensorflow_hub as hub\n", "").replace("hub.load(PATH)", "LOAD")
    names = {"LOAD": tf.saved_model.load(str(path))}
    exec(snippet, names)
    assert names["images"].shape == (4, 8, 8, 3)


@pytest.mark.parametrize("steps", [0, 21])
def test_steps_must_be_possible(steps):
    with pytest.raises(ValueError, match=rf"`steps` must be in \[1, 20\]. Received: {steps}"):
        make(steps=steps)
