import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import small
from keras_gans import losses
from keras_gans.random import Draws
from keras_gans.training import adversarial


class Recorder(losses.Term):
    """Gives a fixed value and counts nothing else."""

    def __init__(self, *, weight, interval=1, name="recorder"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        return tf.ones((view.fake_logits.shape[0],))


def one_channel(steps, **options):
    return small.data(steps, resolution=4, channels=1, **options)


def test_one_step_is_the_textbook_step():
    """One SGD step of both players against gradients taken by hand."""
    gan = small.latent_gan()
    small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(0.1))
    g, d = (net.get_weights() for net in (gan.generator, gan.discriminator))
    batch = next(iter(one_channel(1)))
    draws = Draws(0, 0)
    z_d, z_g = (
        draws.scoped(player).normal("latents", (8, small.LATENT_DIM)).numpy()
        for player in ("discriminator", "generator")
    )
    real = batch["images"].numpy().reshape(8, -1)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    # Discriminator: mean softplus(-real) + softplus(fake), both linear in the weights.
    fake = z_d @ g[0] + g[1]
    slope_real = -sigmoid(-(real @ d[0] + d[1])) / 8
    slope_fake = sigmoid(fake @ d[0] + d[1]) / 8
    new_d = d[0] - 0.1 * (real.T @ slope_real + fake.T @ slope_fake)
    new_bias = d[1] - 0.1 * (slope_real + slope_fake).sum(0)
    # Generator: mean softplus(-fake) through the new discriminator.
    fake = z_g @ g[0] + g[1]
    slope = -sigmoid(-(fake @ new_d + new_bias)) / 8
    new_g = g[0] - 0.1 * z_g.T @ (slope @ new_d.T)
    small.fit(gan, one_channel(1))
    np.testing.assert_allclose(gan.discriminator.get_weights()[0], new_d, atol=1e-6)
    np.testing.assert_allclose(gan.generator.get_weights()[0], new_g, atol=1e-6)
    # EMA: 0.9 * old + 0.1 * new.
    average = gan.generator_average.get_weights()[0]
    np.testing.assert_allclose(average, 0.9 * g[0] + 0.1 * new_g, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 4])
def test_update_counts(steps):
    gan = small.latent_gan(discriminator_steps=steps)
    small.fit(gan, one_channel(3))
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 3 * steps
    assert int(gan.generator_optimizer.iterations.numpy()) == 3
    assert int(gan.step.numpy()) == 3
    assert int(gan.images_seen.numpy()) == 24


def test_discriminator_steps_take_disjoint_parts():
    gan = small.latent_gan(discriminator_steps=4)
    parts = gan._parts({"images": tf.range(8), "labels": tf.range(8)})
    assert [p["images"].numpy().tolist() for p in parts] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_a_batch_that_cannot_be_divided_is_refused():
    gan = small.latent_gan(discriminator_steps=3)
    with pytest.raises(ValueError, match=r"the discriminator's 3 steps\. Received: 8"):
        small.fit(gan, one_channel(1))


def test_regularizers_of_weights_are_part_of_the_loss():
    """SGD: the gradient of `0.5 w^2`, summed, moves the kernel by -rate * w more."""

    def kernels(regularizer):
        gan = small.latent_gan()
        small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(0.1))
        kernel = gan.discriminator.get_layer("logit").kernel
        kernel.regularizer = regularizer
        before = kernel.numpy()
        history = small.fit(gan, one_channel(1)).history
        return before, kernel.numpy(), history["discriminator/loss"][0]

    before, plain, loss = kernels(None)
    _, regularized, more = kernels(keras.regularizers.L2(0.5))
    np.testing.assert_allclose(regularized - plain, -0.1 * before, atol=1e-6)
    np.testing.assert_allclose(more - loss, 0.5 * np.sum(before**2), rtol=1e-4)


def test_lazy_terms_are_multiplied_on_their_turn_and_tracked_undiluted():
    gan = small.latent_gan(discriminator_terms=[Recorder(weight=3.0, interval=4)])
    batch = next(iter(one_channel(1)))
    due = []
    for step in range(5):
        gan.step.assign(step)
        due.append(float(gan.discriminator_losses(batch, Draws(0, step))["recorder"][0]))
    assert due == [1.0, 0.0, 0.0, 0.0, 1.0]
    assert gan._factors("discriminator") == {"adversarial": 1.0, "recorder": 12.0}
    gan.step.assign(0)
    small.fit(gan, one_channel(6))
    assert float(gan.trackers["discriminator/recorder"].result()) == pytest.approx(1.0)


def test_history_is_the_mean_over_steps():
    gan = small.latent_gan(discriminator_terms=[Recorder(weight=2.0)])
    history = small.fit(gan, one_channel(4)).history
    last = {name: float(np.squeeze(values[-1])) for name, values in history.items()}
    assert last["discriminator/recorder"] == pytest.approx(1.0)  # the term itself, without its weight
    assert last["discriminator/loss"] == pytest.approx(last["discriminator/adversarial"] + 2.0)
    assert set(history) >= {"discriminator/loss", "generator/loss", "generator/adversarial"}


def test_non_finite_steps_change_nothing_and_are_counted():
    gan = small.latent_gan()
    small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(0.1))
    before = harness.values(gan)
    bad = {"images": tf.fill((8, 4, 4, 1), float("nan"))}
    gan.train_step(bad)
    after = harness.values(gan)
    np.testing.assert_array_equal(before["discriminator/0"], after["discriminator/0"])
    assert int(gan.skipped_steps.numpy()) == int(gan.skips_in_a_row.numpy()) == 1
    assert np.isfinite(float(gan.trackers["discriminator/loss"].result()))
    gan.train_step(next(iter(one_channel(1))))
    assert (int(gan.skipped_steps.numpy()), int(gan.skips_in_a_row.numpy())) == (1, 0)
    assert np.any(harness.values(gan)["discriminator/0"] != before["discriminator/0"])


def test_a_skipped_step_leaves_the_average_alone():
    gan = small.latent_gan()
    gan.generator_average.layers[1].bias.assign(np.ones(16))
    gan.train_step({"images": tf.fill((8, 4, 4, 1), float("inf"))})
    np.testing.assert_array_equal(gan.generator_average.layers[1].bias.numpy(), np.ones(16))


def test_calling_the_trainer_calls_the_average():
    gan = small.latent_gan()
    small.fit(gan, one_channel(2))
    latents = np.ones((2, small.LATENT_DIM), "float32")
    np.testing.assert_array_equal(gan(latents), gan.generator_average(latents))
    assert np.any(np.array(gan(latents)) != np.array(gan.generator(latents)))
    np.testing.assert_allclose(gan.predict(latents, verbose=0), gan(latents), atol=1e-6)


def test_compile_makes_no_other_optimizer():
    gan = small.latent_gan()
    assert gan.optimizer is None


def test_compile_config_round_trip():
    gan = small.latent_gan()
    config = gan.get_compile_config()
    other = small.latent_gan()
    other.compile_from_config(config)
    assert other.discriminator_optimizer.get_config()["beta_2"] == 0.99
    assert float(other.generator_optimizer.learning_rate.numpy()) == pytest.approx(1e-2)


class FixedDraws:
    """Numbers that XLA cannot draw differently: its generators are not those of the op kernels."""

    def __init__(self, seed, step):
        self.generator = np.random.default_rng(7)

    def scoped(self, name):
        return self

    def normal(self, name, shape):
        return tf.constant(self.generator.standard_normal(shape), "float32")

    def uniform(self, name, shape):
        return tf.constant(self.generator.uniform(size=shape), "float32")


def penalised():
    """The simplest pair with a loss of second order, and batches for it."""
    return small.latent_gan(discriminator_terms=[losses.GradientPenalty()]), one_channel


def half_faded():
    """A growing pair between two resolutions, and batches for it."""
    gan = small.progan()
    gan.begin_phase(small.phase(start=-32))
    return gan, small.data


GROWING = pytest.param(half_faded, marks=pytest.mark.full)


@pytest.mark.slow
@pytest.mark.parametrize("make", [penalised, GROWING])
def test_xla_equals_eager(make, monkeypatch):
    monkeypatch.setattr(adversarial, "Draws", FixedDraws)
    results = []
    for options in ({"run_eagerly": True}, {"jit_compile": False}, {"jit_compile": True}):
        gan, batches = make()
        small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(1e-2), **options)
        small.fit(gan, batches(1))
        assert gan.jit_compile is options.get("jit_compile", False)
        assert int(gan.skipped_steps.numpy()) == 0
        results.append(harness.values(gan))
    assert harness.difference(results[0], results[1]) < 1e-5
    assert harness.difference(results[0], results[2]) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("make", [penalised, GROWING])
def test_a_saved_trainer_goes_on_training(make, tmp_path):
    gan, batches = make()
    small.compile_(gan)
    small.fit(gan, batches(1))
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert type(loaded) is type(gan)
    assert loaded.terms["discriminator"] == gan.terms["discriminator"]
    assert harness.difference(harness.values(gan), harness.values(loaded)) == 0
    latents = np.ones((2, small.LATENT_DIM), "float32")
    np.testing.assert_allclose(loaded(latents), gan(latents), atol=1e-6)
    if make is half_faded:
        loaded.begin_phase(gan.phase)
    for each in (gan, loaded):
        config = each.get_compile_config()
        assert config == gan.get_compile_config()
        small.fit(each, batches(1, start=1))
    assert harness.difference(harness.values(gan), harness.values(loaded)) < 1e-6


def test_fit_before_a_phase_says_what_to_do():
    gan = small.compile_(small.progan())
    with pytest.raises(RuntimeError, match="begin_phase"):
        small.fit(gan, small.data(1))


def test_precision_of_the_optimizers():
    for name, scaled in (("mixed_float16", True), ("mixed_bfloat16", False)):
        with harness.policy(name):
            gan = small.progan()
        gan.begin_phase(small.phase(4))
        small.compile_(gan)
        assert isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer) == scaled
        assert gan(np.ones((1, small.LATENT_DIM), "float32")).dtype == "float32"


@pytest.mark.slow
def test_the_simplest_pair(tmp_path, two_replicas):
    harness.check_trainer_in_full(
        lambda optimizer: small.compile_(small.latent_gan(), optimizer=optimizer),
        small.batches(small.data, resolution=4, channels=1),
        directory=tmp_path,
        replicas=two_replicas,
    )


def test_float16_skips_and_lowers_its_scale_on_overflow():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        gan = small.progan()
    finally:
        keras.mixed_precision.set_global_policy("float32")
    gan.begin_phase(small.phase(4))
    small.compile_(gan)
    optimizer = gan.discriminator_optimizer
    scale = float(optimizer.dynamic_scale.numpy())
    before = gan.discriminator.get_weights()
    gan.train_step({"images": tf.fill((8, 4, 4, 3), float("nan"))})
    assert float(optimizer.dynamic_scale.numpy()) == scale / 2
    for old, new in zip(before, gan.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_replicas_draw_different_latents(two_replicas):
    with two_replicas.scope():
        gan = small.progan()

    def draw():
        return Draws(0, gan.step.value).normal("latents", (4, 8))

    first, second = two_replicas.experimental_local_results(two_replicas.run(tf.function(draw)))
    assert np.abs(np.array(first) - np.array(second)).min() > 0


def test_a_fault_on_one_replica_skips_the_step_on_all(two_replicas):
    with two_replicas.scope():
        gan = small.latent_gan()
    before = harness.values(gan)
    pixels = np.zeros((8, 4, 4, 1), "float32")
    pixels[-1] = np.nan
    batches = tf.data.Dataset.from_tensor_slices({"images": pixels}).batch(8, drop_remainder=True)
    small.fit(gan, batches)
    after = harness.values(gan)
    for name in ("discriminator/0", "discriminator/1"):
        np.testing.assert_array_equal(before[name], after[name])
    assert int(gan.skipped_steps.numpy()) == 1


def test_jit_with_replicas_is_refused(two_replicas):
    with two_replicas.scope():
        gan = small.progan()
    gan.begin_phase(small.phase(4))
    with pytest.raises(ValueError, match="several replicas"):
        small.compile_(gan, jit_compile=True)


def test_a_weight_may_follow_the_images_seen():
    """The log shows the term, the loss and its gradient the weight at the images seen."""
    weight = losses.LinearWeight(first=4.0, last=0.0, images=16)
    gan = small.latent_gan(discriminator_terms=[Recorder(weight=weight)])
    found = []
    for batch in one_channel(3):
        gan.reset_metrics()
        logs = {name: float(value[0]) for name, value in gan.train_step(batch).items()}
        assert logs["discriminator/recorder"] == pytest.approx(1.0)
        found.append(logs["discriminator/loss"] - logs["discriminator/adversarial"])
    assert found == pytest.approx([4.0, 2.0, 0.0], abs=1e-5)


@pytest.mark.parametrize(
    "names", [("same", "same"), ("loss",), ("adversarial",)], ids=["twice", "the loss", "adversarial"]
)
def test_terms_have_names_of_their_own(names):
    terms = [Recorder(weight=1.0, name=name) for name in names]
    for player in ("discriminator", "generator"):
        with pytest.raises(
            ValueError, match=rf"terms of the {player} need names .* Received: .*'{names[0]}'"
        ):
            small.latent_gan(**{f"{player}_terms": terms})
    both = {"discriminator_terms": terms[:1], "generator_terms": terms[:1]}
    if names == ("same", "same"):
        small.latent_gan(**both)  # one for each player


def test_an_added_term_changes_no_other_draw():
    """The same images and latents with and without a term that draws numbers."""
    batch = next(iter(one_channel(1)))
    plain = small.latent_gan()
    more = small.latent_gan(discriminator_terms=[losses.GradientPenalty()])
    for player in ("discriminator", "generator"):
        values = [getattr(gan, f"{player}_losses")(batch, Draws(0, 0)) for gan in (plain, more)]
        np.testing.assert_array_equal(values[0]["adversarial"], values[1]["adversarial"])


def test_real_logits_of_the_generator_s_step_are_computed_where_the_loss_needs_them():
    """The pairing loss, against its closed form on logits of both kinds of images."""
    batch = next(iter(one_channel(1)))
    calls = []

    class Counting(losses.NonSaturating):
        def generator(self, fake_logits, real_logits=None):
            calls.append(real_logits)
            return super().generator(fake_logits)

    small.latent_gan(adversarial_loss=Counting()).generator_losses(batch, Draws(0, 0))
    assert calls == [None]
    gan = small.latent_gan(adversarial_loss=losses.RelativisticPairing())
    latents = Draws(0, 0).normal("latents", (8, small.LATENT_DIM))
    difference = gan.discriminator(batch["images"]) - gan.discriminator(gan.generator(latents))
    expected = np.log1p(np.exp(difference))[:, 0]
    found = gan.generator_losses(batch, Draws(0, 0))["adversarial"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = gan.discriminator_losses(batch, Draws(0, 0))["adversarial"]
    np.testing.assert_allclose(found, np.log1p(np.exp(-difference))[:, 0], rtol=1e-5)
