import concurrent.futures
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
from keras_gans.export import checksums, export, load, savedmodel, signatures


def latents(rows, seed=0):
    return tf.random.stateless_normal((rows, 6), [seed, 0])


def arguments(network, rows):
    specs = network.endpoints()["default"][1]
    return {k: tf.constant(v) for k, v in signatures.example_arguments(specs, rows).items()}


def expected_images(network, inputs):
    """The network itself, without anything of the exporter."""
    return network.endpoints()["default"][0](**inputs).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["exported", "conditional"])
def test_fresh_process_agrees_with_the_network(kind, request, tmp_path):
    path = request.getfixturevalue(kind)
    network = request.getfixturevalue("network" if kind == "exported" else "conditional_network")
    loaded = request.getfixturevalue("loaded" if kind == "exported" else "loaded_conditional")
    calls = {}
    for rows in (2, 5):
        batch = arguments(network, rows)
        for name in ("default", "serving_default"):
            calls[name, rows] = batch, {"default": expected_images(network, batch)}
        seeds = tf.range(rows, dtype="int64")
        calls["latents", rows] = {"seeds": seeds}, {"latents": loaded.latents(seeds)}
        others = {key: value for key, value in batch.items() if key != "z"}
        if "y" in others:
            others["y"] = others["y"][1]
        sample = {"num": tf.constant(rows, "int64"), "seed": tf.constant(7, "int64"), **others}
        # From one large batch here, in small ones there.
        images = loaded.sample(num=20, seed=7, **others)[:rows]
        calls["sample", rows] = sample, {"sample": images}
    harness.check_export(path, calls, directory=tmp_path)


def test_a_fresh_process_says_what_is_wrong(exported, loaded, tmp_path):
    """Outputs other than expected, inputs that are refused, and a process that goes on after an error."""
    z = latents(2)
    with pytest.raises(RuntimeError, match="truncation"):
        call = {"z": z, "truncation": tf.constant(1.0)}, {"default": z}
        harness.check_export(exported, {("default", 2): call}, directory=tmp_path)
    images = loaded.default(z) + 1e-3
    with pytest.raises(AssertionError, match="default/2/default"):
        harness.check_export(exported, {("default", 2): ({"z": z}, {"default": images})}, directory=tmp_path)


def test_one_expression_with_its_gradient(exported, network):
    hub = pytest.importorskip("tensorflow_hub")
    z = latents(3)
    with tf.GradientTape() as tape:
        tape.watch(z)
        images = hub.load(str(exported)).signatures["default"](z)["default"]
        loss = tf.reduce_sum(images**2)
    slope = tape.gradient(loss, z).numpy()
    np.testing.assert_allclose(images, expected_images(network, {"z": z}), atol=1e-5)
    one = hub.load(str(exported)).signatures["default"](z[0])["default"][0]
    np.testing.assert_allclose(one, images[0], atol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = tf.reduce_sum(network.endpoints()["default"][0](z=z) ** 2)
    np.testing.assert_allclose(slope, tape.gradient(loss, z), rtol=1e-4, atol=1e-5)
    assert np.abs(slope).max() > 0


@pytest.mark.parametrize("name", ["default", "serving_default"])
def test_batches(loaded, network, name):
    function = loaded.signatures[name]
    for rows in (0, 1, 7, 64):
        images = function(latents(rows))["default"]
        assert images.shape == (rows, 8, 8, 3)
        if rows:
            expected = expected_images(network, {"z": latents(rows)})
            np.testing.assert_allclose(images, expected, atol=1e-5)


def test_conditional_batches(loaded_conditional, conditional_network):
    loaded = loaded_conditional
    batch = arguments(conditional_network, 7)
    batch["truncation"] = tf.constant(0.5)
    images = loaded.signatures["default"](**batch)["default"]
    np.testing.assert_allclose(images, expected_images(conditional_network, batch), atol=1e-5)
    per_row = {**batch, "truncation": tf.fill([7], 0.5)}
    np.testing.assert_allclose(loaded.default(**per_row), images, atol=1e-6)
    np.testing.assert_allclose(loaded(batch), images, atol=1e-6)
    np.testing.assert_allclose(loaded(batch, training=True), images, atol=1e-6)
    one_class = {**batch, "y": batch["y"][0]}
    np.testing.assert_allclose(loaded.default(**one_class)[3], images[3], atol=1e-6)
    empty = {**batch, "z": batch["z"][:0], "y": batch["y"][0]}
    assert loaded.default(**empty).shape == (0, 8, 8, 3)


def test_other_endpoints_and_reusable_interface(loaded, network):
    outputs = loaded.mapping(latents(2))
    np.testing.assert_allclose(outputs["w"], network.dense(latents(2)), atol=1e-5)
    np.testing.assert_allclose(outputs["square"], latents(2) ** 2, atol=1e-6)
    assert len(loaded.variables) == len(network.variables)
    assert len(loaded.trainable_variables) == len(network.trainable_variables)
    (loss,) = loaded.regularization_losses
    np.testing.assert_allclose(loss(), 0.01 * np.sum(network.dense.kernel.numpy() ** 2), rtol=1e-5)


def test_sample_does_not_depend_on_the_batch(loaded, loaded_conditional):
    many = loaded.sample(num=20, seed=3).numpy()
    np.testing.assert_allclose(loaded.sample(num=5, seed=3), many[:5], atol=1e-6)
    assert np.abs(many - loaded.sample(num=20, seed=4)).max() > 1e-3
    assert len(np.unique(many.round(5), axis=0)) == 20
    seeds = np.array([3, 4, -1, 2**62])
    z = loaded.latents(seeds)
    for seed, latent in zip(seeds, z, strict=True):
        first = loaded.sample(num=1, seed=seed)[0]
        np.testing.assert_allclose(loaded.default(latent)[0], first, atol=1e-6)
    assert loaded.sample(num=0, seed=0).shape == (0, 8, 8, 3)
    # (seed, 0) of the exported function: standard normal numbers.
    z = loaded.latents(np.arange(2000)).numpy()
    assert abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.03
    y = tf.one_hot([0, 1], 3)
    sample = loaded_conditional.sample
    both = sample(num=2, seed=1, y=y, truncation=1.0)
    for row in range(2):
        one = sample(num=2, seed=1, y=y[row], truncation=1.0)[row]
        np.testing.assert_allclose(one, both[row], atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y`"):
        sample(num=3, seed=1, y=y, truncation=1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y`"):
        sample(num=1, seed=1, y=y, truncation=1.0)


def test_xla_marks_invalid_rows_with_nan(loaded):
    z = tf.tensor_scatter_nd_update(latents(4), [[2, 3]], [float("nan")])
    for name in ("default", "serving_default"):
        compiled = tf.function(loaded.signatures[name], jit_compile=True)
        images = compiled(z)["default"].numpy()
        assert np.isnan(images[2]).all()
        good = [0, 1, 3]
        expected = loaded.signatures[name](latents(4))["default"].numpy()
        np.testing.assert_allclose(images[good], expected[good], atol=1e-5)
        assert compiled(latents(0))["default"].shape == (0, 8, 8, 3)


def test_threads(loaded):
    batches = [latents(1 + seed % 5, seed) for seed in range(40)]
    single = [loaded.signatures["default"](z)["default"].numpy() for z in batches]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda z: loaded.signatures["default"](z)["default"].numpy(), batches)
        for one, other in zip(single, results, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_fine_tuning_changes_the_call_but_not_the_constants(exported):
    loaded = load(exported)
    before = loaded(latents(2)).numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded(latents(2), training=True) ** 2)
    slopes = tape.gradient(loss, loaded.trainable_variables)
    for variable, slope in zip(loaded.trainable_variables, slopes, strict=True):
        variable.assign_sub(0.1 * slope)
    assert np.abs(loaded(latents(2)) - before).max() > 1e-4
    np.testing.assert_allclose(loaded.signatures["default"](latents(2))["default"], before, 1e-5)


def test_training_batches_for_a_classifier(loaded_conditional):
    """A loaded generator inside tf.data makes labelled examples for a Keras classifier."""
    generate = loaded_conditional.signatures["default"]

    def example_batch(step):
        z = tf.random.stateless_normal((16, 6), [step, 0])
        labels = tf.random.stateless_uniform((16,), [step, 1], 0, 3, dtype="int32")
        images = generate(z=z, y=tf.one_hot(labels, 3), truncation=tf.constant(0.7))
        return images["default"], labels

    dataset = tf.data.Dataset.range(30).map(example_batch, num_parallel_calls=2).prefetch(2)
    classifier = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    history = classifier.fit(dataset, epochs=3, verbose=0).history
    assert history["accuracy"][-1] > 0.7 > 0.4


def test_existing_directories(network, make_card, exported, tmp_path):
    with pytest.raises(FileExistsError, match="overwrite=True"):
        export(network, exported, card=make_card())
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="not an export"):
        export(network, tmp_path, card=make_card(), overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_overwrite_and_samples(with_endpoints, make_card, exported, tmp_path, monkeypatch):
    monkeypatch.setattr(savedmodel, "LARGE", -1)  # called as one graph
    path, picture = tmp_path / "1", tmp_path / "grid.png"
    picture.write_bytes(b"a picture")
    shutil.copytree(exported, path)
    stale = tmp_path / ".1.tmp-0123"
    stale.mkdir()
    labels = {"labels": keras.InputSpec(shape=(None, 2), dtype="float32")}
    other = with_endpoints({"default": (lambda labels: 0.5 * labels, labels)})
    export(other, path, card=make_card(), samples=picture, overwrite=True)
    assert load(path, verify=True)(tf.ones([1, 2])).numpy().tolist() == [[0.5, 0.5]]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "grid.png"]
    assert "samples.png" in (path / "README.md").read_text()


def test_refuses_bad_weights_and_leaves_nothing(make_network, make_card, tmp_path):
    network = make_network()
    network.conv.bias.assign([0.0, float("nan"), 0.0])
    with pytest.raises(ValueError, match="bias"):
        export(network, tmp_path / "1", card=make_card())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", [savedmodel.LARGE, -1])
def test_refuses_what_does_not_reproduce_the_network(limit, with_endpoints, make_card, tmp_path, monkeypatch):
    monkeypatch.setattr(savedmodel, "LARGE", limit)
    labels = {"labels": keras.InputSpec(shape=(None, 2), dtype="float32")}
    restless = with_endpoints({"default": (lambda labels: labels * float(np.random.rand()), labels)})
    with pytest.raises(RuntimeError, match="differs from the network"):
        export(restless, tmp_path / "1", card=make_card())
    assert not list(tmp_path.iterdir())


def test_refuses_a_strategy_scope(network, make_card, tmp_path):
    with (
        tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
        pytest.raises(RuntimeError, match="scope"),
    ):
        export(network, tmp_path / "1", card=make_card())


@pytest.mark.full
def test_killed_while_overwriting(exported, tmp_path):
    """A process that exports again and again, killed at random: what is there always loads."""
    script = tmp_path / "again.py"
    script.write_text(
        textwrap.dedent("""
        import itertools, json, sys
        from keras_gans.export import Card, export
        sys.path.insert(0, sys.argv[2])
        import conftest
        network = conftest.TinyGenerator()
        import keras
        network(keras.ops.zeros((1, 6)))
        card = dict(preset="p", model="m", paper="p", data="d", data_license="l")
        for count in itertools.count():
            export(network, sys.argv[1], card=Card(**card, images_seen=count), overwrite=True)
            print(count, flush=True)
        """)
    )
    target = tmp_path / "run" / "1"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = [sys.executable, script, target, os.path.dirname(__file__)]
    environment = {**os.environ, "PYTHONPATH": root}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    child.stdout.readline()  # the first one is whole
    time.sleep(random.uniform(0.0, 3.0))
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    checksums.verify(target)
    assert load(target)(latents(1)).shape == (1, 8, 8, 3)
    assert json.loads((target / "card.json").read_text())["preset"] == "p"


@pytest.mark.parametrize(
    ("slope", "shift", "fits"), [(1e4, 1e-7, True), (1e4, 1e-3, False), (1.0, 0.1, False)]
)
def test_amplified_rounding_is_no_difference(monkeypatch, slope, shift, fits):
    """Of a network that may amplify it, as loops over untrained denoisers do."""

    def call(z):
        return tf.sin(slope * z)

    written = types.SimpleNamespace(other=lambda z: call(z + shift))
    monkeypatch.setattr(tf.saved_model, "load", lambda path: written)
    specs = {"z": keras.InputSpec(shape=(None, 3), dtype="float32")}
    exportable = types.SimpleNamespace(calls={"other": (call, specs)})
    network = keras.Sequential()
    for amplifying in (False, True):
        if fits and amplifying:
            amplified = savedmodel._compare(exportable, "", network, amplifying)
            assert list(amplified) == ["other"] and 1e-4 < amplified["other"] < 0.1
        else:
            with pytest.raises(RuntimeError, match="Exported endpoint other differs from the network by"):
                savedmodel._compare(exportable, "", network, amplifying)


def test_values_that_are_none_on_one_side_are_a_difference():
    one = tf.constant([1.0, np.nan])
    assert savedmodel._difference(one, one) == 0.0
    assert savedmodel._difference(one, tf.constant([1.0, 2.0])) == np.inf
