import numpy as np

from keras_gans.importers import family, readers


def test_state_dicts_are_found_in_checkpoints():
    array = np.ones(2)
    content = {
        **{"epoch": 3, "g_ema": {"module.0.weight": array, "module.0.bias": array}},
        **{"optim": {"state": {0: {"exp_avg": array}}, "param_groups": [{"lr": 1.0}]}},
        "nets": {"generator": {"_orig_mod.module.a": array, "_orig_mod.module.b": array}, "other": {}},
    }
    found = dict(family.state_dicts(content))
    assert {place: list(tensors) for place, tensors in found.items()} == {
        "g_ema": ["0.weight", "0.bias"],
        "nets.generator": ["a", "b"],
    }
    mixed = {"module.a": array, "b": array}
    assert family.unwrapped(mixed) == mixed


def test_averages_come_first():
    networks = {key: readers.Network("", {}, {"a": 1}) for key in ("g", "g_ema", "d")}
    assert list(family.Checkpoint("torch zip", networks).having("a")) == ["g_ema", "g", "d"]
    assert family.Checkpoint("torch zip", networks).having("b") == {}


def test_dots_lead_into_dicts():
    config = {"G": {"a": {"b": 1}, "c": [2]}, "d": None}
    flat = family.flattened({**config, "empty": {}})
    assert flat == {"G.a.b": 1, "G.c": [2], "d": None}
    assert family.nested(flat) == config


def test_places_in_the_file_stand_before_names():
    places = {"G": "G_ema", "forward/D": "D_A"}
    assert family.placed("G/a.weight", places) == "G_ema/a.weight"
    assert family.placed("forward/D/a", places) == "D_A/a"
    assert family.placed("conv_in.weight", places) == "conv_in.weight"
