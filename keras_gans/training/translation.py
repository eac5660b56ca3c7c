"""What trainers from images to images have in common."""

import tensorflow as tf

from keras_gans.losses import DiscriminatorView
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

    def told_apart(self, real, fake, draws):
        """What the discriminator's terms see where `_judge` judges images or pairs.

        Args:
            real: `(batch, height, width, channels)`.
            fake: likewise. Its gradient is stopped.
            draws: `keras_gans.random.Draws` of the player.
        """
        fake = tf.stop_gradient(fake)
        return DiscriminatorView(
            real_images=real,
            fake_images=fake,
            labels=None,
            real_logits=self._judge(real),
            fake_logits=self._judge(fake),
            real_class_logits=None,
            fake_class_logits=None,
            discriminate=lambda images, draws: self._judge(images),
            draws=draws,
        )

    def sample_grid(self, data, directory, *, every, **latents):
        """Returns the callback that writes sheets of the first examples of the data.

        Args:
            data: `keras_gans.data.PairData`.
            directory: path. As in `SampleGrid`.
            every: int. Interval in images.
            **latents: what `Trainer.sample_grid` takes besides; there are none here.
        """
        return SampleSheet(directory, inputs=data.examples(ROWS), every=every)
