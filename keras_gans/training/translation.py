"""What trainers from images to images have in common."""

from keras_gans.serialization import register
from keras_gans.training.adversarial import AdversarialTrainer
from keras_gans.training.callbacks import SampleSheet

ROWS = 8


@register
class TranslationTrainer(AdversarialTrainer):
    """Base of the trainers whose generators take images.

    A task says, besides what every adversarial trainer says, how its samples are shown (`sheet`).

    Args:
        **kwargs: of `AdversarialTrainer`.
    """

    def call(self, inputs):
        """As `generate`."""
        return self.generate(inputs)

    def sheet(self, batch):
        """Returns samples of the averaged networks beside what they are made of.

        Args:
            batch: dict of arrays, as in `fit`.

        Returns:
            `(rows, columns, height, width, channels)`, in `[-1, 1]`, a row for each example.
        """
        raise NotImplementedError

    def sample_grid(self, data, directory, *, every, **latents):
        """Returns the callback that writes sheets of the first examples of the data.

        Args:
            data: `keras_gans.data.PairData`.
            directory: path. As in `SampleGrid`.
            every: int. Interval in images.
            **latents: what `Trainer.sample_grid` takes besides; there are none here.
        """
        return SampleSheet(directory, inputs=data.examples(ROWS), every=every)
