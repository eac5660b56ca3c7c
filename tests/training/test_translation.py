import imageio.v3 as iio
import numpy as np
import pytest

import plain_networks
import small
from keras_gans import losses
from keras_gans.random import Draws
from keras_gans.training import TranslationTrainer
from keras_gans.training.callbacks import SampleSheet


def test_samples_are_sheets_of_the_first_examples(tmp_path):
    class Data:
        def examples(self, count):
            return {"images": np.arange(count)}

    trainer = small.pix2pix()
    assert isinstance(trainer, TranslationTrainer)
    grid = trainer.sample_grid(Data(), tmp_path, every=7)
    assert type(grid) is SampleSheet and grid.every == 7
    assert grid.inputs["images"].tolist() == list(range(8))


def test_a_sheet_is_written_row_by_row(tmp_path):
    trainer = small.pix2pix()
    batch = next(small.pairs(1).as_numpy_iterator())
    sheet = SampleSheet(tmp_path / "samples", inputs=batch, every=8)
    sheet.set_model(trainer)
    path = sheet.act(24, {})
    assert path.name == "0000000024.png"
    picture = iio.imread(path)
    assert picture.shape == (8 * 8, 3 * 8, 3)
    for row in (0, 5):
        tiles = picture[8 * row : 8 * row + 8].reshape(8, 3, 8, 3)
        np.testing.assert_allclose(tiles[:, 0] / 127.5 - 1, batch["images"][row], atol=0.01)
        np.testing.assert_allclose(tiles[:, 2] / 127.5 - 1, batch["targets"][row], atol=0.01)


def test_there_are_no_latents():
    for trainer in (small.pix2pix(), small.cyclegan()):
        assert trainer.latent_dim is None


@pytest.mark.parametrize(
    "make, batches",
    [
        (small.pix2pix, small.batches(small.pairs)),
        (small.cyclegan, small.batches(small.pairs, resolution=4)),
        (
            lambda **o: small.stargan(pair=plain_networks.domain_pair(), **o),
            small.batches(small.domains, resolution=4),
        ),
    ],
    ids=["pix2pix", "cyclegan", "stargan"],
)
def test_a_loss_that_needs_them_sees_the_real_logits_in_both_steps(make, batches):
    """Of the same real images, and in a step of the generator as many as there are generated ones."""
    shown = {"discriminator": [], "generator": []}

    class Spy(losses.RelativisticPairing):
        def discriminator(self, real_logits, fake_logits):
            shown["discriminator"].append(real_logits)
            return super().discriminator(real_logits, fake_logits)

        def generator(self, fake_logits, real_logits=None):
            assert real_logits.shape == fake_logits.shape
            shown["generator"].append(real_logits)
            return super().generator(fake_logits, real_logits)

    trainer, batch = make(adversarial_loss=Spy()), next(iter(batches(1)))
    trainer.discriminator_losses(batch, Draws(0, 0))
    trainer.generator_losses(batch, Draws(0, 0))
    assert shown["generator"]
    for real, again in zip(shown["discriminator"], shown["generator"], strict=True):
        np.testing.assert_allclose(again, real, atol=1e-5)
