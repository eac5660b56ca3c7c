import sys
import types
from pathlib import Path

import numpy as np
import pytest

import small
import tiny_presets
from keras_gans import diffusion, metrics

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))  # as where a script of it runs
from benchmarks import diffusion_objectives as objectives


def test_a_sampler_calls_the_network_as_often_as_is_said():
    calls = 5
    processes = {"diffusion": small.process(), "flow": diffusion.FlowProcess(20)}
    told = {}
    for name, (objective, make, steps, used) in objectives.samplers(calls).items():
        seen = []
        make(processes[objective]).trajectory(
            lambda x, t, seen=seen: seen.append(t) or x, np.zeros((1, 2)), steps=steps
        )
        told[name] = (len(seen), used)
    assert all(counted == used for counted, used in told.values())
    assert told["flow, Heun"][0] == 4 and told["DDIM"][0] == 5


class Fake:
    """A contestant whose steps take 1 second each."""

    def __init__(self, seconds):
        self.seconds, self.saved, self.images_seen = seconds, None, 0

    def train(self, steps):
        self.seconds += steps

    def save(self):
        self.saved = self.seconds


def test_turns():
    """Each until it has had its time, and saved then."""
    behind, ahead, reports = Fake(0.0), Fake(130.0), []
    objectives.alternate([behind, ahead], 160.0, report=reports.append)
    assert (behind.seconds, ahead.seconds) == (200.0, 180.0)
    assert (behind.saved, ahead.saved) == (200.0, 180.0) and reports


@pytest.mark.full
def test_a_table_of_two_runs(tmp_path, monkeypatch):
    """Training that goes on, and scores that are computed once."""
    preset, shapes = tiny_presets.tiny("ddpm"), []

    class Images:
        def batches(self, *, batch_size, seed, start):
            return small.data(8, batch_size=batch_size, start=start // batch_size)

    def evaluate(make, real, names, *, features, latent_dim, batch_size, cache):
        shapes.append(make(np.zeros((3, latent_dim), "float32")).shape)
        return [types.SimpleNamespace(protocol=name, value=0.5) for name in names]

    monkeypatch.setattr(metrics, "evaluate", evaluate)
    monkeypatch.setattr(objectives, "CALLS", (3,))
    contestants = {
        name: objectives.Contestant(name, tmp_path / name, Images(), preset) for name in objectives.OBJECTIVES
    }
    flow = contestants["flow"]
    flow.trainer.run_eagerly = True
    flow.train(1)
    flow.save()
    again = objectives.Contestant("flow", tmp_path / "flow", Images(), preset)
    assert (again.images_seen, again.seconds) == (flow.images_seen, flow.seconds) == (8, flow.seconds)
    rows = list(objectives.rows(contestants, tmp_path, 20))
    assert [row["sampler"] for row in rows] == list(objectives.samplers(4))
    assert [row["3 calls"] for row in rows] == ["0.5 / 500.0"] * 3 + ["0.5 / 500.0 (2)"]
    assert shapes == [(3, 8, 8, 3)] * 4
    assert list(objectives.rows(contestants, tmp_path, 20)) == rows and len(shapes) == 4
