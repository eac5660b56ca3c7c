import json

import numpy as np
import pytest
import tensorflow as tf
from small_denoiser import Denoiser
from small_exports import card_of, save

import small
from keras_gans import diffusion, hub
from keras_gans.export import export

# The real thing, whose export takes a while.
PROCESSES = {"diffusion": small.process(prediction=diffusion.V()), "flow": diffusion.FlowProcess(20)}


@pytest.fixture(
    scope="module", params=["diffusing", *(pytest.param(name, marks=pytest.mark.full) for name in PROCESSES)]
)
def model(request, tmp_path_factory):
    if request.param not in PROCESSES:
        return hub.load(request.getfixturevalue(request.param))
    process = PROCESSES[request.param]
    generator = diffusion.DiffusionGenerator(Denoiser(num_classes=2), process, steps=4)
    path = tmp_path_factory.mktemp("savedmodels") / "1"
    return hub.load(export(generator, path, card=card_of(("cat", "hat"))))


def test_an_image_forms(model):
    latents, told = model.latents([3, 4]), []
    frames = model.denoise_frames(latents, steps=4, frames=3, progress=lambda *all: told.append(all))
    assert frames.shape == (3, 2, *model.image_shape) and frames.dtype == "float32"
    np.testing.assert_array_equal(frames[0], latents.reshape(frames[0].shape))
    np.testing.assert_allclose(frames[-1] * 0.5 + 0.5, model.generate(latents), atol=1e-4)
    assert told == [("steps", done, 4) for done in (1, 2, 3, 4)]
    every = model.denoise_frames(latents, steps=4, frames=5)
    np.testing.assert_array_equal(every[::2], frames)


def test_of_a_class(model):
    assert (model.num_classes, model.class_names, model.timesteps) == (2, ("cat", "hat"), 20)
    latents = model.latents([3])
    arguments = {"labels": tf.constant([1]), "guidance": tf.constant(3.0)}
    expected = model.loaded.signatures["guided"](z=tf.constant(latents), **arguments)["guided"]
    np.testing.assert_allclose(model.generate(latents, label="hat", guidance=3.0), expected, atol=1e-5)
    frames = model.denoise_frames(latents, steps=4, frames=2, label="hat", guidance=3.0)
    np.testing.assert_allclose(frames[-1] * 0.5 + 0.5, expected, atol=1e-4)
    plain = model.denoise_frames(latents, steps=4, frames=2)
    assert np.abs(plain - frames).max() > 1e-3


def test_noise_covers_an_image(model):
    red = np.zeros((2, *model.image_shape), "float32")
    red[..., 0] = 1.0
    frames = model.diffuse_frames(red, frames=3)
    assert frames.shape == (3, 2, *model.image_shape)
    np.testing.assert_allclose(frames[0], 2.0 * red - 1.0, atol=1e-6)
    spread = np.std(frames, axis=(2, 3)).mean(axis=(1, 2))
    assert spread[0] < 1e-6 < spread[1] < spread[2]
    assert np.abs(frames[2, 0] - frames[2, 1]).max() > 0.1
    np.testing.assert_array_equal(model.diffuse_frames(red, frames=3), frames)
    assert np.abs(model.diffuse_frames(red, frames=3, seed=1)[2] - frames[2]).max() > 0.1


def test_samples_in_other_steps(model):
    plain = model.sample(2, seed=5, label="hat")
    z = model.random_latents(2, seed=5)
    np.testing.assert_array_equal(plain, model.generate(z, label="hat"))
    numbers = {"num": tf.constant(2, "int64"), "seed": tf.constant(5, "int64")}
    steps = {"steps": tf.constant(3, "int64"), "eta": tf.constant(0.5)}
    for options, labels, guidance in (({}, [-1, -1], 1.0), ({"label": [1, 0]}, [1, 0], 2.0)):
        condition = {"labels": tf.constant(labels), "guidance": tf.constant(guidance)}
        expected = model.loaded.signatures["sample"](**numbers, **steps, **condition)["sample"]
        found = model.sample(2, seed=5, steps=3, eta=0.5, **options)
        np.testing.assert_array_equal(found, expected)


def test_latents_of_images(model):
    images = model.sample(2, seed=5)
    found = model.invert(images, steps=4)
    expected = model.loaded.signatures["invert"](images=tf.constant(images), steps=tf.constant(4, "int64"))
    np.testing.assert_allclose(found, expected["invert"], atol=1e-5)


def edited(model, name, images, seeds, *, labels=(-1, -1, -1), guidance=1.0, **arguments):
    """The signature itself."""
    dtypes = {"steps": "int64", "jump_length": "int64", "resamplings": "int64"}
    arguments = {key: tf.constant(value, dtypes.get(key, "float32")) for key, value in arguments.items()}
    condition = {"labels": tf.constant(labels), "guidance": tf.constant(guidance)}
    given = {"images": tf.constant(images), "seeds": tf.constant(seeds, "int64")}
    return model.loaded.signatures[name](**given, **condition, **arguments)[name]


def test_a_part_made_anew(model):
    height, width, channels = model.image_shape
    pictures = np.random.default_rng(0).integers(0, 256, (3, height, width, channels), "uint8")
    mask, told = np.ones((3, height, width, 1), "float32"), []
    mask[:, 1:3, 1:3], mask[2, 1] = 0.0, 0.5
    numbers = {"steps": 4, "jump_length": 2, "resamplings": 3}
    options = {
        "label": [0, 1, 0],
        "guidance": 3.0,
        "batch_size": 2,
        "progress": lambda *all: told.append(all),
    }
    made = model.inpaint(pictures, mask, seed=5, **numbers, **options)
    given, condition = pictures / np.float32(255.0), {"labels": [0, 1, 0], "guidance": 3.0}
    expected = edited(model, "inpaint", given, [5, 6, 7], mask=mask, **numbers, **condition)
    np.testing.assert_allclose(made, expected, atol=1e-5)
    assert told == [("images", 2, 3), ("images", 3, 3)]
    kept = np.broadcast_to(mask == 1.0, made.shape)
    np.testing.assert_array_equal(made[kept], given[kept])
    np.testing.assert_array_equal(np.rint(made * 255.0)[kept], pictures[kept])
    plain = edited(model, "inpaint", given, [9, 2, 4], mask=mask[:1].repeat(3, 0), **numbers)
    for one in (mask[0], mask[0, ..., 0], mask[0, ..., 0] == 1.0):
        made = model.inpaint(tf.constant(given), one, seed=[9, 2, 4], **numbers)
        np.testing.assert_allclose(made, plain, atol=1e-5)


def test_images_like_others(model):
    given = np.random.default_rng(0).random((3, *model.image_shape), "float32")
    made = model.vary(given, [0.0, 0.5, 1.0], seed=5, steps=4)
    expected = edited(model, "vary", given, [5, 6, 7], strength=[0.0, 0.5, 1.0], steps=4)
    np.testing.assert_allclose(made, expected, atol=1e-5)
    np.testing.assert_array_equal(made[0], given[0])
    made = model.vary(given, 0.5, seed=[7, 6, 5], steps=4, label="hat", guidance=3.0)
    options = {"strength": [0.5] * 3, "steps": 4, "labels": [1, 1, 1], "guidance": 3.0}
    np.testing.assert_allclose(made, edited(model, "vary", given, [7, 6, 5], **options), atol=1e-5)


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("mask", np.ones((3, 3)), r"`mask` must have the shape \(4, 4\), \(4, 4, 1\) or \(2, 4, 4, 1\)"),
        ("mask", np.full((4, 4), 255), r"`mask` must be in \[0, 1\]. Received values from 255"),
        ("mask", np.full((4, 4), np.nan), r"`mask` must be in \[0, 1\]. Received values from nan"),
        ("strength", -0.1, r"`strength` must be in \[0, 1\]. Received values from -0.1"),
        ("strength", [0.5] * 3, r"`strength` must be one number, or 2, one for each.*Received: \(3,\)"),
        ("pictures", np.ones((2, 4, 4, 3)) * 2.0, r"`pictures` must be uint8, or float in \[0, 1\]"),
        ("pictures", np.ones((2, 5, 4, 3)), r"`pictures` of .* must have the shape \(n, 4, 4, 3\)"),
        ("steps", 21, r"`steps` must be an integer in \[1, 20\]. Received: 21"),
        ("resamplings", 2.5, r"`resamplings` must be an integer in \[1, 20\]. Received: 2.5"),
        ("seed", [1, 1], r"`seed` must be one seed, or 2 different ones. Received: \[1, 1\]"),
        ("label", "dog", "`label` must be"),
    ],
)
def test_what_is_refused_of_images(diffusing, name, value, words):
    model = hub.load(diffusing)
    good = {"pictures": np.zeros((2, 4, 4, 3), "float32"), "steps": 4, "mask": np.ones((4, 4))}
    arguments = {**good, name: value}
    if name == "strength":
        arguments.pop("mask")
    with pytest.raises(ValueError, match=words):
        (model.vary if name == "strength" else model.inpaint)(**arguments)


def test_truncated_noise(model):
    latents = model.latents([3])
    frames = model.denoise_frames(latents, steps=4, frames=2, truncation=0.5)
    assert np.abs(frames[0]).max() <= 0.5
    np.testing.assert_allclose(frames[-1] * 0.5 + 0.5, model.generate(latents, truncation=0.5), atol=1e-4)


def test_what_is_refused(diffusing, preset):
    model = hub.load(diffusing)
    latents = model.latents([0])
    for options in ({"steps": 21}, {"steps": 4, "frames": 6}, {"frames": 1}, {"steps": 0}):
        with pytest.raises(ValueError, match="`steps` must be at most 20, and `frames` from 2 to"):
            model.denoise_frames(latents, **options)
    with pytest.raises(ValueError, match=r"`frames` must be at least 2.*Received: 1"):
        model.diffuse_frames(np.zeros((1, 4, 4, 3)), frames=1)
    with pytest.raises(ValueError, match=r"`pictures` of .* must have the shape \(n, 4, 4, 3\)"):
        model.diffuse_frames(np.zeros((1, 8, 8, 3)))
    with pytest.raises(ValueError, match="`eta` goes with `steps`"):
        model.sample(1, eta=1.0)
    with pytest.raises(ValueError, match="`truncation` goes without `steps`"):
        model.sample(1, steps=3, truncation=0.5)
    with pytest.raises(ValueError, match=r"0 to 1 or one of cat, hat\. Received: 'dog'"):
        model.denoise_frames(latents, steps=4, frames=2, label="dog")
    with pytest.raises(ValueError, match="`guidance` goes with a `label`"):
        model.denoise_frames(latents, steps=4, frames=2, guidance=2.0)
    with pytest.raises(ValueError, match="is no diffusion model: it has no denoise and no diffuse"):
        hub.DiffusionGenerator(preset)


class Latent(tf.Module):
    """Latents of 2x2 are the means of 2x2 pixels, halved; the network sees no noise in anything."""

    def encode(self, images):
        return {"encode": tf.nn.avg_pool(images, 2, 2, "VALID") / 2.0}

    def decode(self, latents):
        return {"decode": tf.repeat(tf.repeat(latents * 2.0, 2, axis=1), 2, axis=2)}

    def default(self, z):
        return {"default": self.decode(tf.reshape(z, (-1, 2, 2, 3)))["decode"]}

    def denoise(self, x, t):
        return {"images": self.decode(x)["decode"], "noise": tf.zeros_like(x), "latents": x}

    def diffuse_latents(self, latents, noise, t):
        return {"diffuse_latents": latents + noise * tf.cast(t, "float32")[:, None, None, None]}

    def diffuse(self, images, noise, t):
        return {"diffuse": self.diffuse_latents(self.encode(images)["encode"], noise, t)["diffuse_latents"]}


@pytest.fixture(scope="module")
def latent(tmp_path_factory):
    path, module = tmp_path_factory.mktemp("savedmodels") / "1", Latent()
    images, state, t = (None, 4, 4, 3), (None, 2, 2, 3), tf.TensorSpec((None,), "int32")
    inputs = {
        "default": {"z": (None, 12)},
        "denoise": {"x": state, "t": t},
        "diffuse": {"images": images, "noise": state, "t": t},
        "diffuse_latents": {"latents": state, "noise": state, "t": t},
        "encode": {"images": images},
        "decode": {"latents": state},
    }
    save(path, module, **{name: (getattr(module, name), given) for name, given in inputs.items()})
    described = {
        "default": {
            "inputs": {"z": {"shape": [None, 12]}},
            "outputs": {"default": {"shape": list(images)}},
        },
        "denoise": {"inputs": {"t": {"limits": [1, 20]}, "x": {"shape": list(state)}}},
    }
    content = {"preset": "latent_noise_4", "class_names": [], "signatures": described}
    (path / "card.json").write_text(json.dumps({**content, "max_samples": 1024, "metrics": {}}))
    return hub.load(path)


def test_latents_of_an_autoencoder(latent):
    assert latent.is_latent and (latent.state_shape, latent.image_shape) == ((2, 2, 3), (4, 4, 3))
    pictures = np.random.default_rng(0).uniform(size=(3, 4, 4, 3)).astype("float32")
    means = pictures.reshape(3, 2, 2, 2, 2, 3).mean(axis=(2, 4))
    latents = latent.encode(pictures)
    np.testing.assert_allclose(latents, means / 2.0, rtol=1e-5)
    np.testing.assert_allclose(latent.decode(latents)[:, ::2, ::2], means, rtol=1e-5)
    with pytest.raises(ValueError, match=r"`latents` of latent_noise_4 must have the shape"):
        latent.decode(latents[:, :1])
    with pytest.raises(ValueError, match="an autoencoder needs encode"):
        hub.DiffusionGenerator.encode(plain_copy(latent), pictures)


def plain_copy(model):
    """The same without an autoencoder."""
    copy = object.__new__(type(model))
    copy.__dict__ = {**model.__dict__, "signatures": ("default", "denoise", "diffuse")}
    return copy


def test_states_of_latents_are_shown_decoded(latent):
    z = np.random.default_rng(0).uniform(0.1, 0.4, (2, 12)).astype("float32")
    frames = latent.denoise_frames(z, steps=3, frames=2)
    assert frames.shape == (2, 2, 4, 4, 3)
    expected = 4.0 * z.reshape(2, 2, 2, 3) - 1.0  # decoded and in [-1, 1]
    for frame in frames:
        np.testing.assert_allclose(frame[:, ::2, ::2], expected, atol=1e-5)
    pictures = np.full((2, 4, 4, 3), 0.25, "float32")
    frames = latent.diffuse_frames(pictures, frames=2)
    np.testing.assert_allclose(frames[0], -0.5, atol=1e-5)
    assert frames.shape == (2, 2, 4, 4, 3) and frames[1].std() > 1.0
