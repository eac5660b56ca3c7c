"""What the file of an export costs: nodes of its graph, bytes, and the time to load it.

python benchmarks/exports.py savedmodels/ddpm_emoji_32/1 savedmodels/stylegan2_emoji_32/1

Each is loaded in processes of their own, in turns, by processor time; the median counts.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from measure import row, table

ROUNDS = 3


def load(path):
    """Seconds of processor time of the first load in a process."""
    import tensorflow as tf

    tf.constant(0.0)  # what TensorFlow does once stays out of the time
    start = time.process_time()
    tf.saved_model.load(path)
    return {"seconds": time.process_time() - start}


def size(path):
    """Nodes of the graph and megabytes of its file and of the weights."""
    from tensorflow.core.protobuf import saved_model_pb2

    file = Path(path) / "saved_model.pb"
    model = saved_model_pb2.SavedModel()
    model.ParseFromString(file.read_bytes())
    graph = model.meta_graphs[0].graph_def
    weights = sum(each.stat().st_size for each in (Path(path) / "variables").iterdir())
    return {
        "export": str(path),
        "nodes": f"{len(graph.node) + sum(len(each.node_def) for each in graph.library.function):,}",
        "graph, MB": f"{file.stat().st_size / 1e6:.1f}",
        "weights, MB": f"{weights / 1e6:.1f}",
    }


def main():
    """The command."""
    if sys.argv[1:2] == ["--row"]:
        print(json.dumps({"load": load}[sys.argv[2]](**json.loads(sys.argv[3]))))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("exports", nargs="+", metavar="EXPORT", help="path of a SavedModel")
    paths = parser.parse_args().exports
    seconds = {path: [] for path in paths}
    for _ in range(ROUNDS):
        for path in paths:
            seconds[path].append(row(__file__, "load", path=path)["seconds"])
    table("Exports", [{**size(path), "load, s": f"{statistics.median(seconds[path]):.1f}"} for path in paths])


if __name__ == "__main__":
    main()
