"""What an export of a diffusion model does with images that are there: it inpaints and varies them."""

from keras import InputSpec, ops

from keras_gans.diffusion import editing
from keras_gans.endpoints import Argument
from keras_gans.images import from_unit, to_unit
from keras_gans.random import counter_normal

MOST_RESAMPLINGS = 100
STREAMS = 4095  # of an index, beside that of the starting noise
ROWS = 2**20  # indices of the images of a seed, before those that are further streams


class SeededNoise:
    """The random numbers of a call: a function of the seed of each row, and of nothing else in the batch.

    Rows that have the same seed do not share numbers: they are its images 0, 1, 2, ... in order. The starting
    noise is that of these images in `sample`.

    Args:
        seeds: int64 tensor `(batch,)`.
        shape: tuple of int. Shape of a row's numbers.
    """

    def __init__(self, seeds, shape):
        self.seeds, self.shape = seeds, shape
        same = ops.cast(ops.equal(seeds[:, None], seeds[None, :]), "int64")
        self.indices = ops.sum(ops.tril(same), axis=1) - 1  # how many rows before have this seed

    def start(self):
        """Returns standard normal numbers, float32 `(batch, *shape)`."""
        return counter_normal(self.seeds, self.indices, self.shape)

    def draw(self, number):
        """Returns two further ones for the number 0, 1, 2, ..., an int32 scalar."""
        indices = self.indices + ROWS * ops.cast(number // STREAMS, "int64")
        drawn = counter_normal(self.seeds, indices, (2, *self.shape), stream=1 + number % STREAMS)
        return drawn[:, 0], drawn[:, 1]


def edit_endpoints(generator, images, steps, condition):
    """Returns the endpoints `inpaint` and `vary` of a `DiffusionGenerator`, by name.

    Args:
        generator: `DiffusionGenerator`.
        images: `Argument`. Of images in `[0, 1]`.
        steps: `Argument`. Of the number of steps.
        condition: dict, name -> `Argument`. Of labels and guidance, empty without classes.
    """
    height, width, _ = generator.image_shape
    seeds = InputSpec(shape=(None,), dtype="int64")
    count = {"dtype": "int64", "minimum": 1}

    def inpaint(images, mask, seeds, steps, jump_length, resamplings, **condition):
        noise = SeededNoise(seeds, generator.state_shape)
        state = editing.inpaint(
            generator.sampler,
            generator.denoiser_of(**condition),
            noise.start(),
            generator.to_state(from_unit(images)),
            known_cells(mask, generator.state_shape),
            draw=noise.draw,
            steps=steps,
            jump_length=jump_length,
            resamplings=resamplings,
        )
        made = to_unit(generator.to_images(state))
        mixed = mask * images + (1.0 - mask) * made
        return ops.where(mask >= 1.0, images, mixed)  # whatever was made there

    def vary(images, strength, seeds, steps, **condition):
        strength = ops.reshape(strength, (-1,))
        state = editing.vary(
            generator.sampler,
            generator.denoiser_of(**condition),
            SeededNoise(seeds, generator.state_shape).start(),
            generator.to_state(from_unit(images)),
            strength,
            steps=steps,
        )
        stays = ops.equal(editing.start_timestep(generator.process, strength), 0)
        return ops.where(stays[:, None, None, None], images, to_unit(generator.to_images(state)))

    return {
        "inpaint": (
            inpaint,
            {
                "images": images,
                "mask": Argument((None, height, width, 1), minimum=0.0, maximum=1.0),
                "seeds": seeds,
                "steps": steps,
                "jump_length": Argument((), **count, maximum=generator.most_steps),
                "resamplings": Argument((), **count, maximum=MOST_RESAMPLINGS),
                **condition,
            },
        ),
        "vary": (
            vary,
            {
                "images": images,
                "strength": Argument((), minimum=0.0, maximum=1.0),
                "seeds": seeds,
                "steps": steps,
                **condition,
            },
        ),
    }


def known_cells(mask, state_shape):
    """Returns which cells of a state are known: those all of whose pixels are, with mask 1.

    Args:
        mask: float tensor `(batch, height, width, 1)` in [0, 1].
        state_shape: tuple of int. Height, width and channels of a state; the first two divide the mask's.

    Returns:
        bool tensor `(batch, state height, state width, 1)`.
    """
    (height, width, _), (_, rows, columns, _) = state_shape, mask.shape
    tiles = ops.reshape(mask, (-1, height, rows // height, width, columns // width))
    return ops.min(tiles, axis=(2, 4))[..., None] >= 1.0
