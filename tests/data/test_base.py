import threading

import numpy as np
import pytest

from keras_gans.data.base import Source, each_given
from keras_gans.data.decoding import BadImage


class Numbers(Source):
    """1100 images of one pixel, the value of which is the index modulo 256; image 600 is broken."""

    name = "numbers"

    def __init__(self):
        self.reads = []

    def __len__(self):
        return 1100

    def read(self, index):
        self.reads.append(index)
        if index == 600:
            raise BadImage("broken")
        return np.full((1, 1, 3), index % 256, "uint8")


def test_each_reads_every_image_once_and_keeps_the_order():
    source = Numbers()
    results = list(source.each(lambda index, image: (index, int(image[0, 0, 0]))))
    assert [index for index, _ in results] == list(range(1100))
    assert sorted(source.reads) == list(range(1100))
    for index, result in results:
        if index == 600:
            assert isinstance(result, BadImage) and result.reason == "broken"
        else:
            assert result == (index, index % 256)


def test_each_leaves_out_what_is_done():
    source = Numbers()
    results = list(source.each(lambda index, image: index, set(range(3, 1098))))
    assert results == [(index, index) for index in (0, 1, 2, 1098, 1099)]
    assert len(source.reads) == 5


def test_a_stamp_changes_with_the_pixels():
    source = Numbers()
    source.item_name = str
    assert source.stamp(3) == source.stamp(3) and source.stamp(3)[:2] == ("3", 3)
    assert source.stamp(3)[2] != source.stamp(4)[2]
    assert source.stamp(600) == ("600", 0, 0)


def test_each_uses_more_than_one_thread():
    meeting = threading.Barrier(2, timeout=10)

    def meet(index, image):
        if index < 2:
            meeting.wait()

    assert len(list(Numbers().each(meet))) == 1100


def test_each_does_not_run_far_ahead():
    source = Numbers()
    next(iter(source.each(lambda index, image: None)))
    assert len(source.reads) < 600


def test_each_passes_other_errors_on():
    def fail(index, image):
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        list(Numbers().each(fail))


def test_each_given_keeps_the_order_and_the_faults():
    def function(index, image):
        if index == 130:
            raise BadImage("odd")
        return image * 2

    results = list(each_given(((i, i + 1) for i in range(300)), function))
    assert [index for index, _ in results] == list(range(300))
    values = [result for _, result in results]
    assert isinstance(values.pop(130), BadImage)
    assert values == [2 * (i + 1) for i in range(300) if i != 130]


def test_repr_names_the_source():
    assert repr(Numbers()) == "<Numbers 'numbers', 1100 images>"


def test_a_key_is_a_name_without_extension():
    class Named(Numbers):
        def item_name(self, index):
            return "faces/a.b.jpg"

    assert Named().key(0) == "faces/a.b"
