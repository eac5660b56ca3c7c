import imageio.v3 as iio
import numpy as np

import small
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
