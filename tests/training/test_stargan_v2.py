import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import plain_networks
import small
from keras_gans import losses, networks, training
from keras_gans.random import Draws, counter_normal

NETWORKS = ("generator", "mapping_network", "style_encoder", "discriminator")


@pytest.fixture(scope="module")
def made():
    """The paper's networks, small. No test changes a weight of them."""
    return small.stargan_v2()


def one_batch(num_classes=2):
    return next(iter(small.guided(1, num_classes=num_classes)))


def mean(values):
    return np.mean(np.abs(values), axis=tuple(range(1, values.ndim)))


def softplus(values):
    return np.log1p(np.exp(np.asarray(values, "float64")[:, 0]))


def latents_of(draws):
    return draws.normal("latents", (4, 4))


def test_losses_of_the_generator_are_the_papers(made):
    """1912.01865, equations 1 to 4, for each guidance by itself; the loss is their mean."""
    trainer, batch = made, one_batch()
    generator, mapping = trainer.generator, trainer.mapping_network
    encoder, discriminator = trainer.style_encoder, trainer.discriminator
    x, y, target = batch["images"], batch["labels"], batch["target_labels"]
    draws = Draws(0, 0)
    first, second = latents_of(draws), latents_of(draws)
    own = encoder([x, y])
    parts = []
    for s, other in (
        (mapping([first, target]), mapping([second, target])),
        (encoder([batch["references"], target]), encoder([batch["other_references"], target])),
    ):
        fake = generator([x, s])
        parts.append(
            {
                "adversarial": softplus(-discriminator([fake, target])),
                "style": mean(s - encoder([fake, target])),
                "diversity": -mean(fake - generator([x, other])),
                "cycle": mean(x - generator([fake, own])),
            }
        )
    found = trainer.generator_losses(batch, Draws(0, 0))
    assert list(found) == ["adversarial", "style", "diversity", "cycle"]
    for name, value in found.items():
        assert value.shape == (4,)
        np.testing.assert_allclose(value, (parts[0][name] + parts[1][name]) / 2, rtol=1e-4, atol=1e-6)
        assert np.abs(parts[0][name] - parts[1][name]).max() > 1e-4  # else one could stand for both


def test_losses_of_the_discriminator_are_the_papers(made):
    """Equation 1 for both guidances with real images of their own domains, and R1 at these."""
    trainer, batch = made, one_batch()
    x, y, target = batch["images"], batch["labels"], batch["target_labels"]
    discriminator = trainer.discriminator
    styles = [
        trainer.mapping_network([latents_of(Draws(0, 0)), target]),
        trainer.style_encoder([batch["references"], target]),
    ]
    fakes = [discriminator([trainer.generator([x, s]), target]) for s in styles]
    expected = softplus(-discriminator([x, y])) + (softplus(fakes[0]) + softplus(fakes[1])) / 2
    found = trainer.discriminator_losses(batch, Draws(0, 0))
    assert list(found) == ["adversarial", "r1"]
    np.testing.assert_allclose(found["adversarial"], expected, rtol=1e-4)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator([x, y])
    squares = np.sum(np.square(tape.gradient(logits, x)), axis=(1, 2, 3))
    np.testing.assert_allclose(found["r1"], squares / 2, rtol=1e-3)


def test_images_are_encoded_once(made, monkeypatch):
    """The same losses as by a call of the generator for each image and style."""
    batch, generator, encode = one_batch(), made.generator, made.generator.encode
    for player, rows in (("discriminator", [4]), ("generator", [4, 8])):
        encoded = []
        with monkeypatch.context() as patch:
            patch.setattr(
                generator, "encode", lambda images, to=encoded: to.append(len(images)) or encode(images)
            )
            found = getattr(made, f"{player}_losses")(batch, Draws(0, 0))
        assert encoded == rows
        with monkeypatch.context() as patch:
            patch.setattr(generator, "encode", lambda images: [images])
            patch.setattr(generator, "decode", lambda f, styles: generator([*f, styles], training=True))
            expected = getattr(made, f"{player}_losses")(batch, Draws(0, 0))
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


def test_gradients_go_where_they_should(made):
    """Each term trains all networks of the generator's player; of the domains, those that labels name."""
    trainer, batch = made, one_batch()
    batch = {**batch, "labels": tf.zeros(4, "int32"), "target_labels": tf.zeros(4, "int32")}
    with tf.GradientTape(persistent=True) as tape:
        values = trainer.generator_losses(batch, Draws(0, 0))

    def reached(value, variables):
        """Whether any variable gets a gradient that is not zero."""
        found = tape.gradient(value, [variable.value for variable in variables])
        return any(g is not None and np.any(tf.convert_to_tensor(g) != 0.0) for g in found)

    for term, value in values.items():
        for network in trainer.networks()["generator"].values():
            assert reached(value, network.trainable_variables), (term, network.name)
        # Not taken: an update asks for the weights of its player alone.
        assert reached(value, trainer.discriminator.trainable_variables) == (term == "adversarial")
    for network in (trainer.mapping_network, trainer.style_encoder):
        branches = [network.get_layer(f"domain{domain}_style").trainable_variables for domain in range(2)]
        assert [reached(list(values.values()), branch) for branch in branches] == [True, False]


def test_decay_is_part_of_the_gradient():
    """Where nothing else is lost, SGD makes every weight of both players `1 - rate * weight_decay` of it."""
    trainer = small.stargan_v2(made=plain_networks.styled_four(), weight_decay=0.5, mapping_rate=1.0)
    small.compile_(trainer, optimizer=lambda: keras.optimizers.SGD(0.1))
    for player, owned in trainer.networks().items():
        before = harness.weights_of(owned)
        trainer._update(player, lambda *_: {"adversarial": tf.zeros(4)}, {}, Draws(0, 0))
        for old, new in zip(before, harness.weights_of(owned), strict=True):
            np.testing.assert_allclose(new, 0.95 * old, rtol=1e-5)
    without = small.stargan_v2(made=plain_networks.styled_four(), weight_decay=0.0)
    assert all(
        v.regularizer is None
        for owned in without.networks().values()
        for network in owned.values()
        for v in network.variables
    )


def test_the_mapping_network_has_a_rate_of_its_own():
    """The first update of Adam is the rate, whatever the gradient, times the share."""
    trainer = small.stargan_v2(mapping_rate=0.01)
    small.compile_(
        trainer, optimizer=lambda: training.GroupedAdam(1e-2, beta_1=0.0, beta_2=0.99, epsilon=1e-12)
    )
    owned = trainer.networks()["generator"]
    before = {role: harness.weights_of({role: network}) for role, network in owned.items()}
    trainer._update("generator", trainer.generator_losses, one_batch(), Draws(0, 0))
    for role, network in owned.items():
        after = harness.weights_of({role: network})
        steps = np.concatenate([np.ravel(a - b) for a, b in zip(after, before[role], strict=True)])
        largest = 1e-4 if network is trainer.mapping_network else 1e-2
        assert np.max(np.abs(steps)) == pytest.approx(largest, rel=1e-2)
        assert np.median(np.abs(steps)) == pytest.approx(largest, rel=1e-2)


def test_one_rate_does_for_one_share():
    trainer = small.stargan_v2(made=plain_networks.styled_four(), mapping_rate=0.01)
    with pytest.raises(
        ValueError, match=r"With mapping_rate=0\.01 .* `keras_gans.training.GroupedAdam`\. Received: Adam"
    ):
        small.compile_(trainer)
    small.compile_(small.stargan_v2(made=plain_networks.styled_four(), mapping_rate=1.0))


def test_networks_that_do_not_fit_are_refused(made):
    trainer = made
    given = {name: getattr(trainer, name) for name in NETWORKS}
    options = {"adversarial_loss": losses.NonSaturating(), "average": trainer.average}
    faces = networks.StarGANv2Generator(resolution=32, width=2, max_width=2, style_dim=3, high_pass=1.0)
    with pytest.raises(ValueError, match=r"no high-pass branch: .* Received: high_pass=1\.0"):
        training.StarGANv2Trainer(**{**given, "generator": faces}, **options)
    judge = networks.StarGANv2Discriminator(resolution=32, width=2, max_width=2, num_classes=3)
    with pytest.raises(ValueError, match=r"the mapping network's domains\. Received: num_classes=3 and 2"):
        training.StarGANv2Trainer(**{**given, "discriminator": judge}, **options)
    mapping = networks.StarGANv2MappingNetwork(style_dim=5, width=4)
    with pytest.raises(ValueError, match=r"the same `style_dim`"):
        training.StarGANv2Trainer(**{**given, "mapping_network": mapping}, **options)


def test_averages_are_shown_and_exported():
    trainer, batch = small.stargan_v2(seed=7), one_batch()
    for _, average in trainer.averages().values():
        harness.randomize(average)
    assert list(trainer.averages()) == ["generator", "mapping_network", "style_encoder"]
    for name, (network, average) in trainer.averages().items():
        assert (network, average.name) == (getattr(trainer, name), f"{name}_ema")
    exported = trainer.exported_network()
    assert type(exported) is networks.StarGANv2 and exported.name == "stargan_v2"
    generator, mapping, encoder = exported.generator, exported.mapping_network, exported.style_encoder
    assert [a for _, a in trainer.averages().values()] == [generator, mapping, encoder]
    x, y, target, reference = (batch[name] for name in ("images", "labels", "target_labels", "references"))
    guided = generator([x, encoder([reference, target])])
    columns = [x, reference, guided, generator([guided, encoder([x, y])])]
    latents = counter_normal(tf.fill([4], tf.constant(7, "int64")), tf.range(4, dtype="int64"), (4,))
    for domain in range(2):
        columns.append(generator([x, mapping([latents, tf.fill([4], domain)])]))
    sheet = trainer.sheet({name: value.numpy() for name, value in batch.items()})
    np.testing.assert_allclose(sheet, np.stack(columns, axis=1), rtol=1e-4, atol=1e-4)
    styles = encoder([reference, target])
    np.testing.assert_allclose(trainer([x, styles]), guided, rtol=1e-4, atol=1e-4)


def test_configuration():
    trainer = small.stargan_v2(weight_decay=0.25)
    config = trainer.get_config()
    again = training.StarGANv2Trainer.from_config(config)
    assert again.get_config() == config
    assert (again.mapping_rate, again.weight_decay) == (0.5, 0.25)
    assert [getattr(again, name).name for name in NETWORKS] == list(NETWORKS)
    small.compile_(trainer, optimizer=adam)
    again.compile_from_config(trainer.get_compile_config())
    shares = trainer.generator_optimizer.shares
    assert again.generator_optimizer.shares == shares and set(shares) == {0.5, 1.0}
    assert trainer.discriminator_optimizer.shares == (1.0,) * len(trainer.discriminator.trainable_variables)


def adam(**options):
    return training.GroupedAdam(1e-3, beta_1=0.0, beta_2=0.99, **options)


@pytest.mark.full
def test_xla_changes_nothing():
    """The losses alone: XLA takes minutes for a whole step of these networks."""
    trainer, batch = small.stargan_v2(), one_batch()
    for player in ("discriminator", "generator"):
        losses_of = getattr(trainer, f"{player}_losses")
        compiled = tf.function(losses_of, jit_compile=True, autograph=False)(batch, Draws(0, 0))
        for name, value in losses_of(batch, Draws(0, 0)).items():
            np.testing.assert_allclose(compiled[name], value, rtol=1e-4, atol=1e-5)


def plain(optimizer):
    return small.compile_(small.stargan_v2(made=plain_networks.styled_four()), optimizer=optimizer)


def smooth():
    return training.GroupedAdam(1.0, beta_1=0.0, beta_2=0.99, epsilon=100.0)


four_pixels = small.batches(small.guided, resolution=4)


@pytest.mark.slow
def test_trainer(tmp_path):
    harness.check_trainer(plain, four_pixels, directory=tmp_path, smooth=smooth)


@pytest.mark.full
def test_in_full(two_replicas, tmp_path):
    harness.check_trainer_in_full(
        plain, four_pixels, directory=tmp_path, replicas=two_replicas, smooth=smooth, adaptive=adam
    )


def test_the_pairing_loss_pairs_each_image_with_its_translations():
    """Both players of both guidances, against the logits of the real images in their own domains."""
    trainer = small.stargan_v2(
        made=plain_networks.styled_four(), adversarial_loss=losses.RelativisticPairing()
    )
    batch = {name: value[:, :4, :4] if value.ndim == 4 else value for name, value in one_batch().items()}
    x, target = batch["images"], batch["target_labels"]
    real = np.asarray(trainer.discriminator([x, batch["labels"]]))
    styles = [
        trainer.mapping_network([Draws(0, 0).normal("latents", (4, 4)), target]),
        trainer.style_encoder([batch["references"], target]),
    ]
    fakes = [np.asarray(trainer.discriminator([trainer.generator([x, s]), target])) for s in styles]
    for player, sign in (("generator", 1.0), ("discriminator", -1.0)):
        expected = sum(softplus(sign * (real - fake)) for fake in fakes) / 2
        found = getattr(trainer, f"{player}_losses")(batch, Draws(0, 0))["adversarial"]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
