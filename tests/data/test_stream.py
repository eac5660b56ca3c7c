import numpy as np
import pytest
import tensorflow as tf

from keras_gans.data.stream import flip_bits, other_seed, shuffled_indices, stream


class Numbered:
    """Images of 2 x 2 pixels; the left half of image `i` has value `i`, the right half 255."""

    resolution = 2
    channels = "rgb"

    def __init__(self, count, labels=True):
        self.count = count
        self.labels = 10 * np.arange(count, dtype="int32") if labels else None

    def __len__(self):
        return self.count

    def take(self, indices):
        images = np.full((len(indices), 2, 2, 3), 255, "uint8")
        images[:, :, 0] = indices[:, None, None]
        return images


def batches(data, count, **arguments):
    defaults = {
        "seed": 3,
        "start": 0,
        "flip": False,
        "replicas": 1,
        "local_replicas": 1,
        "pipeline": 0,
        "prefetch": False,
    }
    dataset = stream(data, **{**defaults, **arguments})
    return list(dataset.take(count).as_numpy_iterator())


def indices_of(batch_list):
    """Image numbers in the order in which they came, read from the pixels."""
    images = np.concatenate([batch["images"] for batch in batch_list])
    return np.rint((images.min(axis=(1, 2, 3)) + 1) * 127.5).astype(int).tolist()


def expected_indices(positions, count, seed):
    """The order's definition, one position at a time."""
    shuffle = tf.random.experimental.index_shuffle
    return [int(shuffle(tf.constant(p % count, "int64"), [seed, p // count], count - 1)) for p in positions]


@pytest.mark.parametrize("count, batch_size", [(7, 3), (12, 4), (5, 5), (1, 1)])
def test_order_follows_its_definition(count, batch_size):
    got = indices_of(batches(Numbered(count), 10, batch_size=batch_size, seed=3))
    assert got == expected_indices(range(10 * batch_size), count, seed=3)


def test_each_epoch_is_another_permutation():
    got = np.array(indices_of(batches(Numbered(60), 40, batch_size=6))).reshape(4, 60)
    np.testing.assert_array_equal(np.sort(got), np.tile(np.arange(60), (4, 1)))
    for i in range(4):
        assert (got[i] != np.arange(60)).mean() > 0.8
        for j in range(i):
            assert (got[i] != got[j]).mean() > 0.8


def test_another_seed_gives_another_order():
    one, two = (indices_of(batches(Numbered(60), 10, batch_size=6, seed=s)) for s in (1, 2))
    assert np.mean(np.array(one) != two) > 0.8


def test_start_gives_the_tail_whatever_the_batch_size():
    whole = batches(Numbered(20), 30, batch_size=4, flip=True)
    pixels = np.concatenate([batch["images"] for batch in whole])
    for start, batch_size in ((40, 4), (44, 6), (7, 5)):
        tail = batches(Numbered(20), 12, batch_size=batch_size, start=start, flip=True)
        tail = np.concatenate([batch["images"] for batch in tail])
        np.testing.assert_array_equal(tail, pixels[start : start + len(tail)])


@pytest.mark.parametrize(
    "replicas, local_replicas",
    [(4, 2), *(pytest.param(*one, marks=pytest.mark.full) for one in [(2, 1), (2, 2), (4, 1), (6, 3)])],
)
def test_replicas_share_the_same_global_batches(replicas, local_replicas):
    data, turns, share = Numbered(30), 8, 24 // replicas
    whole = indices_of(batches(data, turns, batch_size=24, start=5))
    pipelines = [
        batches(
            data,
            turns * local_replicas,
            batch_size=share,
            start=5,
            replicas=replicas,
            local_replicas=local_replicas,
            pipeline=pipeline,
        )
        for pipeline in range(replicas // local_replicas)
    ]
    joined = []
    for turn in range(turns):
        for elements in pipelines:
            joined += elements[turn * local_replicas : (turn + 1) * local_replicas]
    assert indices_of(joined) == whole


def test_images_are_floats_in_range_with_their_labels():
    for batch in batches(Numbered(9), 5, batch_size=4):
        assert batch["images"].dtype == np.float32 and batch["labels"].dtype == np.int32
        numbers = batch["labels"] // 10
        left, right = batch["images"][:, :, 0], batch["images"][:, :, 1]
        expected = np.broadcast_to((numbers / 127.5 - 1)[:, None, None], left.shape)
        np.testing.assert_allclose(left, expected, atol=1e-6)
        np.testing.assert_array_equal(right, np.ones_like(right))


def test_shapes_are_static_and_the_stream_is_endless_and_not_sharded():
    arguments = {"seed": 0, "start": 0, "flip": True, "prefetch": True}
    arguments |= {"batch_size": 4, "replicas": 1, "local_replicas": 1, "pipeline": 0}
    labelled = stream(Numbered(9), **arguments)
    assert labelled.element_spec == {
        "images": tf.TensorSpec((4, 2, 2, 3), "float32"),
        "labels": tf.TensorSpec((4,), "int32"),
    }
    assert set(stream(Numbered(9, labels=False), **arguments).element_spec) == {"images"}
    assert labelled.cardinality() == tf.data.INFINITE_CARDINALITY
    options = labelled.options()
    assert options.deterministic
    policy = options.experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.OFF


def test_flips_mirror_half_of_the_images_and_nothing_else():
    plain = batches(Numbered(100), 20, batch_size=50)
    flipped = batches(Numbered(100), 20, batch_size=50, flip=True)
    plain, flipped = (np.concatenate([b["images"] for b in x]) for x in (plain, flipped))
    same = (flipped == plain).all(axis=(1, 2, 3))
    mirrored = (flipped == plain[:, :, ::-1]).all(axis=(1, 2, 3))
    # Value 255 is in no image's left half, so a picture never equals its mirror image.
    assert (same ^ mirrored).all()
    assert 0.44 < mirrored.mean() < 0.56  # 1000 coins: 4 standard deviations
    assert (mirrored[:500] != mirrored[500:]).any()
    np.testing.assert_array_equal(mirrored, flip_bits(0, 1000, seed=3).numpy())


def test_flip_bits_depend_on_seed_and_position_alone():
    whole = flip_bits(0, 2000, seed=5).numpy()
    for first, count in ((0, 1), (255, 2), (256, 256), (300, 700), (1999, 1)):
        part = flip_bits(first, count, seed=5).numpy()
        np.testing.assert_array_equal(part, whole[first : first + count])
    assert (flip_bits(0, 2000, seed=6).numpy() != whole).mean() > 0.4
    assert (whole[:256] != whole[256:512]).mean() > 0.3


def test_positions_beyond_32_bits():
    first = 5 * 2**32 + 3
    got = shuffled_indices(first, 4, images=11, seed=3).numpy().tolist()
    assert got == expected_indices(range(first, first + 4), 11, seed=3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 4, "start": -1}, "start=-1"),
        ({"batch_size": 4, "replicas": 3, "local_replicas": 2}, "replicas=3, local_replicas=2"),
        ({"batch_size": 4, "replicas": 2, "pipeline": 2}, r"in \[0, 2\). Received: 2"),
        ({"batch_size": 11}, "10 images, fewer than one global batch of 11 x 1 = 11"),
        ({"batch_size": 4, "replicas": 3}, "4 x 3 = 12"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        batches(Numbered(10), 1, **arguments)


def test_replicas_of_a_strategy_see_consecutive_positions(two_replicas):
    def make(context):
        replicas = context.num_replicas_in_sync
        options = {"replicas": replicas, "local_replicas": replicas // context.num_input_pipelines}
        options |= {"pipeline": context.input_pipeline_id, "prefetch": False, "flip": False}
        return stream(Numbered(10), batch_size=3, seed=1, start=2, **options)

    dataset = two_replicas.distribute_datasets_from_function(make)
    for step, batch in zip(range(4), dataset, strict=False):
        parts = two_replicas.experimental_local_results(batch["labels"])
        positions = range(2 + 6 * step, 8 + 6 * step)
        expected = [10 * index for index in expected_indices(positions, 10, seed=1)]
        assert len(parts) == 2
        assert np.concatenate([part.numpy() for part in parts]).tolist() == expected


class Ramp:
    """One image, whose red rises from left to right and whose green rises from top to bottom."""

    resolution = 8
    channels = "rgb"
    labels = None

    def __len__(self):
        return 1

    def take(self, indices):
        image = np.zeros((8, 8, 3), "uint8")
        image[..., 0], image[..., 1] = 20 * np.arange(8), 20 * np.arange(8)[:, None]
        return image[None].repeat(len(indices), axis=0)


def test_jitter_enlarges_and_crops():
    """In the middle of a ramp, twice as large means half as steep; places are uniform, each way its own."""
    crops = np.concatenate([b["images"] for b in batches(Ramp(), 400, batch_size=1, jitter=2.0)])
    plain = batches(Ramp(), 1, batch_size=1)[0]["images"][0]
    slope = plain[4, 5, 0] - plain[4, 4, 0]
    across, down = np.diff(crops[..., 0], axis=2)[:, 4, 2:6], np.diff(crops[..., 1], axis=1)[:, 2:6, 4]
    np.testing.assert_allclose([np.median(across), np.median(down)], slope / 2, rtol=0.02)
    lefts, tops = (np.unique(crops[:, 4, 4, c].round(4), return_counts=True)[1] for c in (0, 1))
    for counts in (lefts, tops):
        assert len(counts) == 9 and counts.min() > 20
    assert abs(np.corrcoef(crops[:, 4, 4, 0], crops[:, 4, 4, 1])[0, 1]) < 0.2


@pytest.mark.parametrize("options", [{"flip": True}, {"flip": True, "jitter": 2.0}, {}])
def test_a_batch_of_one_has_a_static_size(options):
    options = {"seed": 3, "start": 0, "flip": False, "prefetch": False, **options}
    dataset = stream(Ramp(), batch_size=1, replicas=1, local_replicas=1, pipeline=0, **options)
    assert dataset.element_spec["images"].shape == (1, 8, 8, 3)


def test_jitter_stays_in_range_and_off_is_off():
    for jitter in (1.0, 1.05):  # 5 % of 8 pixels are none
        np.testing.assert_array_equal(
            batches(Ramp(), 1, batch_size=1, jitter=jitter)[0]["images"],
            batches(Ramp(), 1, batch_size=1)[0]["images"],
        )
    crops = np.concatenate([b["images"] for b in batches(Ramp(), 50, batch_size=1, jitter=1.5)])
    assert crops.min() == -1.0 and crops.max() <= 1.0


def test_other_seeds():
    seeds = {other_seed(seed, number) for seed in range(20) for number in range(20)}
    assert len(seeds) == 400 and other_seed(3, 4) in seeds and min(seeds) >= 0
