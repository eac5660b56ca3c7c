import json
from pathlib import Path

import numpy as np
import pytest

from harness import check_config, parameters_of
from keras_gans.diffusion import (
    CosineSchedule,
    LinearSchedule,
    NoiseSchedule,
    ScaledLinearSchedule,
    SigmoidSchedule,
)

REFERENCE = Path(__file__).parents[1] / "reference"
SCHEDULES = [
    (LinearSchedule, {"timesteps": 7, "beta_start": 0.01, "beta_end": 0.3}),
    (ScaledLinearSchedule, {"timesteps": 7, "beta_start": 0.01, "beta_end": 0.3}),
    (CosineSchedule, {"timesteps": 7, "offset": 0.02, "max_beta": 0.9}),
    (SigmoidSchedule, {"timesteps": 7, "start": -2.0, "end": 1.0, "tau": 0.5, "max_beta": 0.9}),
]


@pytest.mark.parametrize(("cls", "arguments"), SCHEDULES)
def test_what_all_schedules_share(cls, arguments):
    schedule = cls(**arguments)
    again = check_config(schedule, arguments)
    assert again == schedule
    assert hash(again) == hash(schedule)
    assert schedule != cls(**{**arguments, "timesteps": 6})
    assert set(parameters_of(cls)) == set(arguments)
    assert repr(schedule) == f"{cls.__name__}({', '.join(f'{k}={v}' for k, v in arguments.items())})"
    assert (schedule.beta[0], schedule.alpha[0], schedule.alpha_cumprod[0]) == (0.0, 1.0, 1.0)
    product = 1.0
    for t in range(1, 8):
        assert 0.0 < schedule.beta[t] < 1.0
        assert schedule.alpha[t] == 1.0 - schedule.beta[t]
        product *= schedule.alpha[t]
        assert schedule.alpha_cumprod[t] == pytest.approx(product, rel=1e-14)
    for table in (schedule.beta, schedule.alpha, schedule.alpha_cumprod):
        assert table.shape == (8,)
        assert table.dtype == "float64"
        with pytest.raises(ValueError, match="read-only"):
            table[1] = 0.5
    for name in ("timesteps", "beta", "alpha_cumprod", *arguments):
        with pytest.raises(
            AttributeError, match=f"`{cls.__name__}` is immutable: `{name}` cannot be changed"
        ):
            setattr(schedule, name, 3)
        with pytest.raises(
            AttributeError, match=f"`{cls.__name__}` is immutable: `{name}` cannot be deleted"
        ):
            delattr(schedule, name)


# At steps 1, 501 and 1000 of 1000; float32 cumulative products of the reference implementations.
@pytest.mark.parametrize(
    ("schedule", "known"),
    [
        (LinearSchedule(), [0.99989998, 0.077796653, 4.0358304e-5]),
        (CosineSchedule(1000), [0.99995869, 0.49228504, 2.428735e-9]),
    ],
)
def test_published_numbers(schedule, known):
    np.testing.assert_allclose(schedule.alpha_cumprod[[1, 501, 1000]], known, rtol=2e-5)


def test_cosine_as_in_diffusers():
    fixture = np.load(REFERENCE / "diffusion_schedules_cosine.npz")
    schedule = CosineSchedule(timesteps=1000)
    for name, table in {"betas": schedule.beta, "alphas_cumprod": schedule.alpha_cumprod}.items():
        np.testing.assert_allclose(table[1:], fixture[f"outputs/squaredcos_cap_v2/{name}"], rtol=0, atol=1e-6)


def test_cosine_as_in_the_text_book():
    fixture = np.load(REFERENCE / "variance_schedule_textbook.npz")
    config = json.loads(str(fixture["meta"]))["config"]
    schedule = CosineSchedule(config["T"], offset=config["s"], max_beta=config["max_beta"])
    assert schedule == CosineSchedule()
    for name in ("alpha", "alpha_cumprod", "beta"):
        ours = getattr(schedule, name)[fixture["inputs/t"]]
        np.testing.assert_allclose(ours, fixture[f"outputs/{name}_float64"], rtol=0, atol=1e-12)
        single = fixture[f"outputs/{name}"]
        if name == "alpha_cumprod":
            large = single > 1e-6
            np.testing.assert_allclose(ours[large], single[large], rtol=1e-4)
        else:
            np.testing.assert_allclose(ours, single, rtol=0, atol=1e-6)


def test_linear_and_scaled_linear_by_hand():
    np.testing.assert_allclose(
        LinearSchedule(3, beta_start=0.1, beta_end=0.5).alpha_cumprod, [1.0, 0.9, 0.63, 0.315], rtol=1e-14
    )
    # Roots 0.1, 0.3, 0.5.
    np.testing.assert_allclose(
        ScaledLinearSchedule(3, beta_start=0.01, beta_end=0.25).beta, [0.0, 0.01, 0.09, 0.25], rtol=1e-14
    )
    assert LinearSchedule().beta[[1, 1000]].tolist() == [1e-4, 0.02]
    np.testing.assert_allclose(ScaledLinearSchedule().beta[[1, 1000]], [0.00085, 0.012], rtol=1e-14)


def test_sigmoid_by_hand():
    # From -3 to 3 the logistic function is odd around the middle, where half of the signal is left.
    schedule = SigmoidSchedule(1000)
    assert schedule.alpha_cumprod[500] == pytest.approx(0.5, abs=1e-12)
    np.testing.assert_allclose(
        schedule.alpha_cumprod[:1000] + schedule.alpha_cumprod[1000:0:-1], 1.0, rtol=0, atol=1e-6
    )
    # (S(3) - S(-3 + 6 / 4)) / (S(3) - S(-3)), S(3) = 0.9525741268, S(-1.5) = 0.1824255238
    assert schedule.alpha_cumprod[250] == pytest.approx(0.7701486030 / 0.9051482536, abs=1e-9)
    assert schedule.beta[1000] == pytest.approx(0.999)
    assert SigmoidSchedule(2, start=0.0, end=1.0, tau=100.0).alpha_cumprod[1] == pytest.approx(0.5, abs=1e-4)


def test_a_single_step():
    assert LinearSchedule(1, beta_start=0.25).alpha_cumprod.tolist() == [1.0, 0.75]
    assert CosineSchedule(1).beta.tolist() == pytest.approx([0.0, 0.999])


def test_a_schedule_without_betas_is_abstract():
    with pytest.raises(NotImplementedError):
        NoiseSchedule(timesteps=3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearSchedule(0), r"`timesteps` must be an integer in \[1, 32767\]. Received: 0"),
        (lambda: CosineSchedule(10.0), r"`timesteps` must be an integer in \[1, 32767\]. Received: 10.0"),
        (lambda: CosineSchedule(True), r"`timesteps` must be an integer in \[1, 32767\]. Received: True"),
        (lambda: CosineSchedule(32768), r"`timesteps` must be an integer in \[1, 32767\]. Received: 32768"),
        (
            lambda: LinearSchedule(3, beta_end=1.0),
            r"Every beta must be in \(0, 1\). Received: 1.0 at t = 3",
        ),
        (
            lambda: LinearSchedule(3, beta_start=0.0),
            r"Every beta must be in \(0, 1\). Received: 0.0 at t = 1",
        ),
        (
            lambda: ScaledLinearSchedule(3, beta_start=-0.1),
            r"`beta_start` must be in \(0, 1\). Received: -0.1",
        ),
        (lambda: CosineSchedule(3, offset=-0.1), "`offset` must be at least 0. Received: -0.1"),
        (lambda: CosineSchedule(3, max_beta=1.0), r"`max_beta` must be in \(0, 1\). Received: 1.0"),
        (lambda: SigmoidSchedule(3, max_beta=0.0), r"`max_beta` must be in \(0, 1\). Received: 0.0"),
        (lambda: SigmoidSchedule(3, start=3.0), "`start` must be below `end`. Received: 3.0 and 3.0"),
        (lambda: SigmoidSchedule(3, tau=0.0), "`tau` must be positive. Received: 0.0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
