import numpy as np
import pytest

from harness import check_config
from keras_gans.losses import ChangingWeight, LinearWeight, StepWeight, Term


def test_a_straight_line_and_then_its_end():
    weight = LinearWeight(first=2.0, last=0.5, images=1000)
    found = [float(weight(seen)) for seen in (0, 250, 500, 1000, 5000)]
    np.testing.assert_allclose(found, [2.0, 1.625, 1.25, 0.5, 0.5], atol=1e-6)


def test_configuration_also_inside_a_term():
    arguments = {"first": 0.0, "last": 3.0, "images": 10}
    assert check_config(LinearWeight(**arguments), arguments) == LinearWeight(**arguments)
    term = Term(weight=LinearWeight(**arguments), name="name")
    assert Term.from_config(term.get_config()) == term
    assert float(term.weight_at(5)) == 1.5
    assert Term(weight=2.0, name="name").weight_at(5) == 2.0


def test_the_same_course_over_another_length():
    assert LinearWeight(first=1.0, last=0.0, images=1000).scaled(0.25).images == 250
    assert LinearWeight(first=1.0, last=0.0, images=1).scaled(0.1).images == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [({"first": -1.0}, "numbers from 0. Received: -1.0"), ({"images": 0}, "at least 1. Received: 0")],
)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        LinearWeight(**{"first": 1.0, "last": 0.0, "images": 10, **change})


def test_a_step():
    arguments = {"weight": 0.5, "start": 1000}
    weight = StepWeight(**arguments)
    assert [float(weight(seen)) for seen in (0, 999, 1000, 5000)] == [0.0, 0.0, 0.5, 0.5]
    assert check_config(weight, arguments) == weight
    assert weight.scaled(0.25) == StepWeight(weight=0.5, start=250)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"weight": -1.0}, "number from 0. Received: -1.0"), ({"start": -1}, "images from 0. Received: -1")],
)
def test_bad_steps(change, message):
    with pytest.raises(ValueError, match=message):
        StepWeight(**{"weight": 1.0, "start": 10, **change})


def test_a_schedule_without_a_course_is_abstract():
    with pytest.raises(NotImplementedError):
        ChangingWeight()(0)
    with pytest.raises(NotImplementedError):
        ChangingWeight().scaled(2.0)
