import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import plain_networks
import small
from keras_gans import diffusion, training
from keras_gans.random import Draws


def adam(**options):
    return training.GuardedAdam(**{"learning_rate": 1e-3, "clip_norm": 1.0, **options})


def smooth():
    """With an epsilon of 1 a step of Adam is as smooth as one of SGD."""
    return adam(learning_rate=1e-2, epsilon=1.0, clip_norm=0.1)


def compiled(trainer, make=adam, **options):
    with trainer.distribute_strategy.scope():
        trainer.compile(optimizer=make(), **options)
    return trainer


def numpy_losses(trainer, batch, seen):
    """Independent: the squared error of the noise, of v and of a velocity, from the definitions."""
    noise, images = seen["noise"].numpy(), batch["images"].numpy()
    if isinstance(trainer.process, diffusion.FlowProcess):
        s = seen["t"].numpy()[:, None, None, None] / 20
        np.testing.assert_allclose(seen["noisy"], (1 - s) * images + s * noise, atol=1e-6)
        return ((seen["output"].numpy() - (noise - images)) ** 2).mean(axis=(1, 2, 3))
    alpha_cumprod = trainer.process.schedule.alpha_cumprod[seen["t"].numpy()][:, None, None, None]
    noisy = np.sqrt(alpha_cumprod) * images + np.sqrt(1 - alpha_cumprod) * noise
    np.testing.assert_allclose(seen["noisy"], noisy, atol=1e-5)
    target = noise
    if isinstance(trainer.process.prediction, diffusion.V):
        target = np.sqrt(alpha_cumprod) * noise - np.sqrt(1 - alpha_cumprod) * images
    error = ((seen["output"].numpy()[..., :3] - target) ** 2).mean(axis=(1, 2, 3))
    if trainer.min_snr_gamma:
        snr = (alpha_cumprod / (1 - alpha_cumprod))[:, 0, 0, 0]
        error *= np.minimum(snr, trainer.min_snr_gamma) / (snr + 1)  # the weight for v
    return error


@pytest.mark.parametrize(
    "process, gamma",
    [
        (small.process(), None),
        (small.process(prediction=diffusion.V()), None),
        (small.process(prediction=diffusion.V()), 5.0),
        (diffusion.FlowProcess(20, times=diffusion.LogitNormal()), None),
    ],
)
def test_loss_of_a_batch(process, gamma):
    trainer = small.diffusion_trainer(process=process, min_snr_gamma=gamma)
    batch = next(iter(small.data(1)))
    seen = trainer(batch, training=True)
    expected = numpy_losses(trainer, batch, seen)
    losses = trainer.losses_per_image(batch["images"], seen)
    assert list(losses) == ["simple"]
    np.testing.assert_allclose(losses["simple"], expected, rtol=1e-4)
    total = trainer.compute_loss(x=batch, y_pred=seen)
    assert float(total) == pytest.approx(expected.mean(), rel=1e-4)
    assert set(np.unique(seen["t"])) <= set(range(1, 21))


def test_the_hybrid_loss_trains_the_variance_alone():
    process = small.process(variance=diffusion.Learned())
    trainer = small.diffusion_trainer(network=small.unet(learned_variance=True), process=process)
    batch = next(iter(small.data(1)))
    with tf.GradientTape() as tape:
        seen = trainer(batch, training=True)
        tape.watch(seen["output"])
        losses = trainer.losses_per_image(batch["images"], seen)
        variational = tf.reduce_sum(losses["variational"])
    assert list(losses) == ["simple", "variational"]
    slope = tape.gradient(variational, seen["output"]).numpy()
    assert np.all(slope[..., :3] == 0) and np.any(slope[..., 3:] != 0)
    bound = process.variational_bound(batch["images"], seen["noisy"], seen["output"], seen["t"])
    np.testing.assert_allclose(losses["variational"], 1e-3 * 20 * bound, rtol=1e-5)


def test_labels_are_withheld_in_training_only():
    trainer = small.diffusion_trainer(num_classes=3, label_dropout=0.5)
    shown = []

    class Spy:
        num_classes = 3

        def __call__(self, inputs, training):
            shown.append(inputs[2].numpy())
            return inputs[0]

    batch = next(iter(small.data(1, batch_size=64, num_classes=3)))
    object.__setattr__(trainer, "denoiser", Spy())
    object.__setattr__(trainer, "denoiser_average", Spy())
    trainer(batch, training=True)
    trainer(batch, training=False)
    labels = batch["labels"].numpy()
    withheld = shown[0] == -1
    assert 16 < withheld.sum() < 48
    np.testing.assert_array_equal(shown[0][~withheld], labels[~withheld])
    np.testing.assert_array_equal(shown[1], labels)


def plain(num_classes=0, optimizer=adam):
    """A trainer of a network of two layers."""
    keras.utils.set_random_seed(3)
    network = plain_networks.PlainDenoiser(num_classes=num_classes)
    return compiled(small.diffusion_trainer(network=network, num_classes=num_classes), optimizer)


@pytest.mark.slow
def test_trainer(two_replicas, tmp_path):
    trainer = harness.check_trainer(
        lambda optimizer: plain(3, optimizer),
        small.batches(small.data, resolution=4, num_classes=3),
        directory=tmp_path,
        replicas=two_replicas,
        smooth=smooth,
    )
    start = harness.values(trainer)
    bad = small.data(1, resolution=4, num_classes=3)
    small.fit(trainer, bad.map(lambda batch: {**batch, "images": batch["images"] * float("nan")}))
    for key, value in harness.values(trainer).items():
        if key.startswith("denoiser"):
            np.testing.assert_array_equal(value, start[key], err_msg=key)
    assert int(trainer.skipped_steps.numpy()) == 1 and int(trainer.step.numpy()) == 5


@pytest.mark.full
@pytest.mark.parametrize("num_classes", [0, 3])
def test_in_full(num_classes, two_replicas, tmp_path):
    harness.check_trainer_in_full(
        lambda optimizer: compiled(small.diffusion_trainer(num_classes=num_classes), optimizer),
        small.batches(small.data, num_classes=num_classes),
        directory=tmp_path,
        replicas=two_replicas,
        smooth=smooth,
        adaptive=adam,
    )


@pytest.mark.full
def test_xla_trains_the_same():
    ends = []
    for jit in (False, True):
        trainer = compiled(small.diffusion_trainer(), smooth, jit_compile=jit)
        ends.append(harness.state_after(trainer, small.data(3)))
    assert harness.difference(*ends) < 1e-5


def test_replicas_draw_other_noise(two_replicas):
    with two_replicas.scope():
        trainer = plain()
    batch = next(iter(small.data(1, resolution=4)))

    @tf.function
    def run():
        return two_replicas.run(lambda: trainer(batch, training=True))

    seen = run()
    noise = two_replicas.experimental_local_results(seen["noise"])
    assert not np.array_equal(noise[0], noise[1])


def test_evaluate_repeats_and_tells_ranges_of_timesteps_apart():
    trainer = plain()
    batches = small.data(8, resolution=4)
    first = trainer.evaluate(batches, verbose=0, return_dict=True)
    again = trainer.evaluate(batches, verbose=0, return_dict=True)
    first, again = ({k: np.asarray(v).item() for k, v in each.items()} for each in (first, again))
    assert first == again
    ranges = [name for name in first if name.startswith("loss/")]
    ranges.sort(key=lambda name: int(name.split("-")[1]))
    assert ranges[0] == "loss/1-2" and ranges[-1] == "loss/19-20" and len(ranges) == 10
    # The ranges weighted by the images in them make the whole.
    t = np.concatenate([Draws(1, i).integers("timesteps", (8,), 20).numpy() + 1 for i in range(8)])
    counts = [np.sum((t > 2 * i) & (t <= 2 * i + 2)) for i in range(10)]
    total = np.dot(counts, [first[name] for name in ranges]) / 64
    assert first["loss"] == pytest.approx(total, rel=1e-4)
    trainer.denoiser_average.set_weights([w * 0.5 for w in trainer.denoiser_average.get_weights()])
    changed = trainer.evaluate(batches, verbose=0, return_dict=True)
    assert np.asarray(changed["loss"]).item() != first["loss"]  # the average is what is judged


def test_bits_per_dimension():
    """A perfect denoiser of one known image has no KL terms; what is left are prior and decoder."""
    trainer = small.diffusion_trainer()
    levels = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
    image = (levels / 127.5 - 1).astype("float32")

    class Perfect:
        def __call__(self, inputs, training):
            noisy, t = inputs
            signal, sigma = trainer.process.rates(t + 1, noisy)
            return (noisy - signal * image) / sigma

    object.__setattr__(trainer, "denoiser_average", Perfect())
    calls = []
    images = np.stack([image, image])
    bits = trainer.bits_per_dimension(images, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (20, 20)
    prior = trainer.process.prior_bits(images).numpy()
    # T = 20 steps of the cosine schedule end the chain with little noise left to explain.
    noisy = image  # the decoder's mean at t = 1 is the image itself
    decoder = trainer.process.variational_bound(
        images, np.stack([noisy] * 2) * trainer.process.schedule.alpha_cumprod[1] ** 0.5,
        np.zeros_like(images), tf.constant([1, 1]),
    )  # fmt: skip
    np.testing.assert_allclose(bits, prior + decoder.numpy(), atol=1e-3)


def test_generate_uses_the_average():
    trainer = small.diffusion_trainer()
    latents = tf.random.stateless_normal((2, trainer.latent_dim), [0, 0])
    first = trainer.generate(latents)
    assert first.shape == (2, 8, 8, 3) and np.all(np.abs(first) <= 1.0)
    trainer.denoiser.set_weights([w * 0.0 for w in trainer.denoiser.get_weights()])
    np.testing.assert_array_equal(trainer.generate(latents), first)
    expected = trainer.exported_network()(latents)
    np.testing.assert_allclose(first, expected, atol=1e-4)


def test_config_round_trip():
    trainer = compiled(small.diffusion_trainer(num_classes=3, min_snr_gamma=5.0))
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(trainer)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is training.DiffusionTrainer
    assert again.get_config() == trainer.get_config()
    assert again.optimizer.clip_norm == 1.0  # compile_from_config


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"`label_dropout` must be in .* Received: 0.0, classes: 3"):
        small.diffusion_trainer(num_classes=3, label_dropout=0.0)
    with pytest.raises(ValueError, match=r"Received: 0.1, classes: 0"):
        small.diffusion_trainer(label_dropout=0.1)
    with pytest.raises(ValueError, match=r"needs a network with 2 outputs .* Received: 3"):
        small.diffusion_trainer(process=small.process(variance=diffusion.Learned()))
    flow = small.diffusion_trainer(process=diffusion.FlowProcess(20))
    with pytest.raises(ValueError, match=r"The bound is that of a `DiffusionProcess`. Received: FlowProcess"):
        flow.bits_per_dimension(np.zeros((1, 8, 8, 3)))
    with pytest.raises(ValueError, match=r"must be a `GuardedAdam`. Received: SGD"):
        small.diffusion_trainer().compile(optimizer=keras.optimizers.SGD())
