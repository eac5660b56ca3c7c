import json

import pytest

from benchmarks import plot_scores

RECORDS = [
    {"images": 100 * step, "resolution": size, "value": 1.0 / step, "protocol": "fid20[x]"}
    for step, size in ((1, 4), (2, 4), (3, 8))
]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS) + '{"images": 4')
    return path


def test_half_a_line_is_left_out(path):
    assert plot_scores.read(path) == RECORDS


def test_no_scores(path):
    path.write_text("{")
    with pytest.raises(SystemExit, match="There are no scores"):
        plot_scores.main(path, path.with_suffix(".png"))


def test_a_plot(path):
    pytest.importorskip("matplotlib")
    plot_scores.main(path, path.with_suffix(".png"))
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
