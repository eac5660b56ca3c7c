import keras
import numpy as np
import pytest

import harness
import small
from keras_gans import losses, networks, training
from keras_gans.random import Draws

NETWORKS = ("forward_generator", "backward_generator", "target_discriminator", "source_discriminator")


def scaling(name, factor, channels=3):
    """An image times a number, or the sum of its channels times one."""
    images = keras.Input((2, 2, 3), name="images")
    conv = keras.layers.Conv2D(channels, 1, use_bias=False)
    network = small.Plain(images, conv(images), name=name)
    kernel = factor * (np.eye(3) if channels == 3 else np.ones((3, 1)))
    conv.set_weights([kernel.reshape(1, 1, 3, channels)])
    return network


def linear(**options):
    """G(x) = x / 2 and F(y) = 3 y; the discriminators sum channels, once and twice."""
    return training.CycleGAN(
        scaling("forward_generator", 0.5),
        scaling("backward_generator", 3.0),
        scaling("target_discriminator", 1.0, 1),
        scaling("source_discriminator", 2.0, 1),
        resolution=2,
        pool_size=8,
        adversarial_loss=losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0),
        generator_terms=[losses.CycleConsistency(weight=10.0), losses.IdentityMapping(weight=5.0)],
        average=training.ExponentialMovingAverage(decay=0.0),
        **options,
    )


def one_batch(resolution=2):
    return next(small.pairs(1, resolution=resolution).as_numpy_iterator())


def test_losses_are_the_papers():
    """Equations 1 to 3 with least squares, on networks that are numbers."""
    trainer, batch = linear(), one_batch()
    x, y = (batch[name].astype("float64") for name in ("images", "targets"))
    mean, total = (lambda v: np.mean(v, axis=(1, 2, 3))), (lambda v: v.sum(axis=-1, keepdims=True))
    found = trainer.generator_losses(batch, Draws(0, 0))
    adversarial = mean((total(0.5 * x) - 1) ** 2) + mean((2 * total(3 * y) - 1) ** 2)
    np.testing.assert_allclose(found["adversarial"], adversarial, rtol=1e-4)
    cycle = 0.5 * (mean(np.abs(x)) + mean(np.abs(y)))
    np.testing.assert_allclose(found["cycle"], cycle, rtol=1e-4)
    identity = 0.5 * mean(np.abs(y)) + 2.0 * mean(np.abs(x))
    np.testing.assert_allclose(found["identity"], identity, rtol=1e-4)
    # The pool is empty: what it shows is what came.
    found = trainer.discriminator_losses(batch, Draws(0, 0))["adversarial"]
    of_targets = 0.5 * (mean((total(y) - 1) ** 2) + mean(total(0.5 * x) ** 2))
    of_images = 0.5 * (mean((2 * total(x) - 1) ** 2) + mean((2 * total(3 * y)) ** 2))
    np.testing.assert_allclose(found, of_targets + of_images, rtol=1e-4)


def test_each_discriminator_has_its_pool():
    trainer, batch = linear(), one_batch()
    trainer.discriminator_losses(batch, Draws(0, 0))
    np.testing.assert_allclose(trainer.target_pool.images.numpy(), 0.5 * batch["images"], rtol=1e-4)
    np.testing.assert_allclose(trainer.source_pool.images.numpy(), 3.0 * batch["targets"], rtol=1e-4)
    other = {name: -images for name, images in batch.items()}
    trainer.discriminator_losses(other, Draws(0, 1))
    [targets, images] = (pool.images.numpy() for pool in (trainer.target_pool, trainer.source_pool))
    new = [
        (np.abs(targets - 0.5 * batch["images"]).max(axis=(1, 2, 3)) > 1e-3).sum(),
        (np.abs(images - 3.0 * batch["targets"]).max(axis=(1, 2, 3)) > 1e-3).sum(),
    ]
    assert all(0 < count < 8 for count in new)
    small.compile_(trainer)
    assert [tuple(v.shape) for v in trainer.state()["pools"]] == [(8, 2, 2, 3), (), (8, 2, 2, 3), ()]


def test_both_directions_are_shown_and_exported():
    trainer, batch = linear(), one_batch()
    x, y = batch["images"], batch["targets"]
    columns = [x, 0.5 * x, 1.5 * x, 3.0 * x, y, 3.0 * y, 1.5 * y, 0.5 * y]
    np.testing.assert_allclose(trainer.sheet(batch), np.stack(columns, axis=1), rtol=1e-5)
    np.testing.assert_allclose(trainer.generate(x), 0.5 * x, rtol=1e-6)
    np.testing.assert_allclose(trainer(x), 0.5 * x, rtol=1e-6)
    exported = trainer.exported_network()
    assert type(exported) is networks.CycleGANTranslator
    assert (exported.forward, exported.backward) == (trainer.forward_average, trainer.backward_average)


def test_configuration():
    trainer = small.cyclegan(pool_size=5)
    config = trainer.get_config()
    again = training.CycleGAN.from_config(config)
    found = again.get_config()
    assert {name: found[name] for name in found if name not in NETWORKS} == {
        name: config[name] for name in config if name not in NETWORKS
    }
    assert (again.pool_size, again.resolution) == (5, 4)
    assert [getattr(again, name).name for name in NETWORKS] == list(NETWORKS)


@pytest.mark.full
def test_xla_changes_nothing():
    """With the paper's networks, small."""

    def make():
        keras.utils.set_random_seed(3)
        discriminator = {"batch_norm": False, "num_layers": 1, "width": 2}
        return training.CycleGAN(
            *(
                networks.CycleGANGenerator(num_blocks=0, width=2, name=f"{way}_generator")
                for way in ("forward", "backward")
            ),
            *(
                networks.PatchGANDiscriminator(**discriminator, name=f"{domain}_discriminator")
                for domain in ("target", "source")
            ),
            resolution=8,
            pool_size=16,
            adversarial_loss=losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0),
            generator_terms=[losses.CycleConsistency(), losses.IdentityMapping()],
            average=training.ExponentialMovingAverage(decay=0.0),
        )

    assert small.xla_difference(make, small.pairs(1)) < 1e-4


def simple(optimizer):
    return small.compile_(small.cyclegan(), optimizer=optimizer)


four_pixels = small.batches(small.pairs, resolution=4)


@pytest.mark.slow
def test_trainer(two_replicas, tmp_path):
    """The pools are full after two of the four steps, and part of what a resumed run gets back."""
    harness.check_trainer(simple, four_pixels, directory=tmp_path, replicas=two_replicas)


@pytest.mark.full
def test_in_full(two_replicas, tmp_path):
    harness.check_trainer_in_full(simple, four_pixels, directory=tmp_path, replicas=two_replicas)


def test_networks_are_known_by_their_role_whatever_keras_calls_them():
    """Two generators of one name: all four networks and both averages are in the state."""
    make = lambda cls, **more: cls(name="same", width=2, **more)  # noqa: E731
    generators = [make(networks.CycleGANGenerator, num_blocks=0) for _ in range(2)]
    discriminators = [make(networks.PatchGANDiscriminator, num_layers=0, batch_norm=False) for _ in range(2)]
    trainer = training.CycleGAN(
        *generators,
        *discriminators,
        resolution=8,
        adversarial_loss=losses.LeastSquares(),
        average=training.ExponentialMovingAverage(decay=0.5),
    )
    small.compile_(trainer)
    state = trainer.state()
    held = {id(variable) for group in state.values() for variable in group}
    for network in (*generators, *discriminators, trainer.forward_average, trainer.backward_average):
        assert {id(variable) for variable in network.variables} <= held
    assert {*NETWORKS, "forward_generator_average", "backward_generator_average"} <= set(state)


def test_terms_of_the_discriminator_see_both_domains():
    """R1 of D(x) = <w, x>, whose gradient is w: of both discriminators together."""
    trainer = linear(discriminator_terms=[losses.R1(weight=3.0)])
    found = trainer.discriminator_losses(one_batch(), Draws(0, 0))
    # The mean over 4 patches of the sum of 3 channels, times 1 and 2: 12 numbers of 1/4 and of 2/4.
    np.testing.assert_allclose(found["r1"], [0.5 * 12 * (1 / 16 + 4 / 16)] * 8, rtol=1e-5)
