import keras
import numpy as np
import pytest
import tensorflow as tf
from small_denoiser import Denoiser

from keras_gans import diffusion, networks
from keras_gans.export import signatures

SCALE = 1.7


def make(kind=networks.KLAutoencoder, *, steps=3, num_classes=0, **options):
    """Images of 8 px, latents of 4 px with 2 channels."""
    keras.utils.set_random_seed(3)
    shape = {"resolution": 8, "width": 4, "channel_multipliers": (1, 1), "num_groups": 2}
    autoencoder = kind(blocks_per_level=1, latent_channels=2, **shape)
    denoiser = Denoiser(resolution=4, channels=2, num_classes=num_classes)
    schedule = diffusion.CosineSchedule(timesteps=20)
    process = diffusion.DiffusionProcess(schedule, prediction=diffusion.V(), clip=False)
    generator = diffusion.LatentDiffusionGenerator(denoiser, process, autoencoder, steps=steps, **options)
    generator.latent_scale.assign(SCALE)
    return generator


@pytest.fixture(scope="module")
def generator():
    return make()


@pytest.fixture(scope="module")
def calls(generator):
    """The endpoints with their guards, eager, as functions of NumPy arrays."""

    def call(function, specs):
        guarded = signatures.guarded(function, specs)
        return lambda **given: guarded(**{k: tf.constant(v, specs[k].dtype) for k, v in given.items()})

    return {name: call(*offered) for name, offered in generator.endpoints().items() if name != "sample"}


def pictures(count=2):
    return np.random.default_rng(0).uniform(size=(count, 8, 8, 3)).astype("float32")


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def decoded(generator, latents):
    """Independent of the generator's own path: the autoencoder's images, in [0, 1]."""
    images = np.asarray(generator.autoencoder.decode(latents * SCALE))
    return np.clip(0.5 * images + 0.5, 0.0, 1.0)


def test_shapes(generator):
    assert (generator.state_shape, generator.image_shape, generator.latent_dim) == ((4, 4, 2), (8, 8, 3), 32)
    assert generator(normal(2, 32)).shape == (2, 8, 8, 3)
    open_size = make(steps=1)
    assert open_size.image_shape == (8, 8, 3)


def test_images_are_decoded_latents_of_the_process(generator):
    """The same denoiser and process, without an autoencoder, give the latents."""
    z = normal(2, 32)
    plain = diffusion.DiffusionGenerator(generator.denoiser, generator.process, steps=3)
    latents = np.asarray(plain(z))
    expected = 2.0 * decoded(generator, latents) - 1.0
    np.testing.assert_allclose(generator(z), expected, atol=1e-5)


def test_latents_have_the_deviation_divided_out(generator, calls):
    images = pictures()
    mean = np.asarray(generator.autoencoder.encode(2.0 * images - 1.0))[..., :2]
    latents = calls["encode"](images=images)
    np.testing.assert_allclose(latents, mean / SCALE, atol=1e-5)
    found = calls["decode"](latents=latents)
    np.testing.assert_allclose(found, decoded(generator, np.asarray(latents)), atol=1e-5)


def test_endpoints_of_states(generator, calls):
    images, noise, t = pictures(), normal(2, 4, 4, 2), np.array([5, 20], "int32")
    latents = np.asarray(generator.to_state(2.0 * images - 1.0))
    alpha_cumprod = generator.process.schedule.alpha_cumprod[t][:, None, None, None]
    noisy = np.sqrt(alpha_cumprod) * latents + np.sqrt(1.0 - alpha_cumprod) * noise
    found = calls["diffuse"](images=images, noise=noise, t=t)
    np.testing.assert_allclose(found, noisy, atol=1e-5)
    found = calls["diffuse_latents"](latents=latents, noise=noise, t=t)
    np.testing.assert_allclose(found, noisy, atol=1e-5)
    said = calls["denoise"](x=noisy.astype("float32"), t=t)
    assert sorted(said) == ["images", "latents", "noise"] and said["noise"].shape == noise.shape
    back = np.sqrt(alpha_cumprod) * said["latents"] + np.sqrt(1.0 - alpha_cumprod) * said["noise"]
    np.testing.assert_allclose(back, noisy, atol=1e-4)
    np.testing.assert_allclose(said["images"], decoded(generator, np.asarray(said["latents"])), atol=1e-4)


def test_inversion_and_edits_go_through_the_autoencoder(generator, calls):
    images = pictures()
    z = calls["invert"](images=images, steps=np.int64(3))
    assert z.shape == (2, 32)
    mask = np.ones((2, 8, 8, 1), "float32")
    given = {"images": images, "seeds": np.array([0, 1], "int64"), "steps": np.int64(3)}
    jumps = {"jump_length": np.int64(1), "resamplings": np.int64(1)}
    kept = calls["inpaint"](**given, mask=mask, **jumps)
    np.testing.assert_array_equal(kept, images)
    same = calls["vary"](**given, strength=np.zeros(2, "float32"))
    np.testing.assert_array_equal(same, images)


def test_wrong_input_is_refused_in_the_graph(calls):
    decode = calls["decode"]
    with pytest.raises(Exception, match="latents"):
        decode(latents=normal(2, 8, 8, 2))
    with pytest.raises(Exception, match="latents"):
        decode(latents=np.full((2, 4, 4, 2), np.nan, "float32"))


def test_of_codes():
    """The decoder of a VQ autoencoder quantises by itself."""
    generator = make(networks.VQAutoencoder, steps=2)
    latents = normal(2, 4, 4, 2)
    images = generator.to_images(latents)
    codes = generator.autoencoder.quantized(latents * SCALE)[0]
    expected = np.clip(generator.autoencoder.decode(codes, quantize=False), -1.0, 1.0)
    np.testing.assert_allclose(images, expected, atol=1e-5)


def test_the_scale_is_saved_with_the_weights(generator, tmp_path):
    generator.save(tmp_path / "generator.keras")
    again = keras.saving.load_model(tmp_path / "generator.keras")
    assert type(again) is diffusion.LatentDiffusionGenerator
    assert float(again.latent_scale) == pytest.approx(SCALE)
    z = normal(2, 32)
    np.testing.assert_array_equal(again(z), generator(z))


@pytest.mark.parametrize("wrong", ["channels", "resolution", "clip"])
def test_what_does_not_fit_is_refused(wrong):
    generator = make()
    denoiser, process = generator.denoiser, generator.process
    if wrong == "clip":
        process = diffusion.DiffusionProcess(process.schedule)
    else:
        denoiser = Denoiser(**{"resolution": 4, "channels": 2, wrong: 8})
    message = "must have `clip=False`" if wrong == "clip" else r"latents of 2 channels, 1/2 of the size"
    with pytest.raises(ValueError, match=message):
        diffusion.LatentDiffusionGenerator(denoiser, process, generator.autoencoder, steps=3)
