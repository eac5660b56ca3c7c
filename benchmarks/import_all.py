"""Imports every file of weights below a folder, and compares the exports with what their writers said.

python benchmarks/import_all.py FOLDER                        a row for each file
python benchmarks/import_all.py FOLDER --check                and `keras-gans check` on each export
python benchmarks/import_all.py FOLDER --config 'diffusers/*' steps=4
                                                              what `keras-gans import --config` takes, for the
                                                              files whose names fit; may be repeated

Beside a file X, or inside of a folder of weights, there may be

- `X.truth.npz` (a folder: `PART.truth.npz`): its tensors, which must be equal bit for bit;
- `X.io.npz` (a folder: `io.npz`): `inputs/NAME` and `outputs/SIGNATURE`, arrays for the export's signatures.
  The writers' own arrays may be there instead: `z` with `l` or `y`, one-hot, and `truncation` (0.7 if absent)
  for the images `y` or `image`, channels first in [-1, 1]; `s` are the discriminator's scores of `y`.

Images may differ by 1e-4 of the larger of their standard deviation and 1. The last line counts what failed.
"""

import argparse
import contextlib
import fnmatch
import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ENDINGS = (".pkl", ".pth", ".pt", ".bin", ".ckpt", ".safetensors", ".npz")
FOLDERS = ("model_index.json", "config.json")
WRITERS = (".truth.npz", "io.npz")  # what writers say, which is nothing to import
TRUNCATION = 0.7
TOLERANCE = 1e-4
STRANGERS = {"torch", "diffusers", "dnnlib", "torch_utils", "tfutil", "chainer"}


def checkpoints(folder):
    """Returns the files of weights below a folder, and the folders of weights in place of theirs."""
    folder = Path(folder)
    if any((folder / name).is_file() for name in FOLDERS):
        return [folder]
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found += checkpoints(path)
        elif path.suffix in ENDINGS and not path.name.endswith(WRITERS):
            found.append(path)
    return found


def differing_tensors(path):
    """Returns the number of tensors that a writer said, and the names of those that were read otherwise.

    `None` where the writer said nothing.
    """
    from keras_gans.importers import files, readers

    if path.is_dir():
        said = {
            f"{place.name.removesuffix('.truth.npz')}/{name}": array
            for place in path.glob("*.truth.npz")
            for name, array in np.load(place).items()
        }
    else:
        place = path.with_name(f"{path.name}.truth.npz")
        said = dict(np.load(place)) if place.is_file() else {}
    if not said:
        return None
    networks = files.checkpoint_of([readers.read(path)]).networks
    read = {
        f"{key}/{name}": array for key, network in networks.items() for name, array in network.tensors.items()
    }
    read |= {name.partition("/")[2]: array for name, array in read.items()}
    differing = []
    for name, array in said.items():
        options = (name, name.partition("/")[2], name.replace("module.", ""))
        ours = next((np.asarray(read[option]) for option in options if option in read), None)
        if ours is None or not np.array_equal(
            ours.astype(array.dtype), array, equal_nan=array.dtype.kind in "fc"
        ):
            differing.append(name)
    return len(said), differing


def said_outputs(path):
    """Returns what a writer said of outputs: inputs, outputs by signature, scores; `None` if nothing."""
    place = path / "io.npz" if path.is_dir() else path.with_name(f"{path.name}.io.npz")
    if not place.is_file():
        return None
    arrays = dict(np.load(place))
    inputs, outputs = (
        {n.partition("/")[2]: a for n, a in arrays.items() if n.startswith(f"{kind}/")}
        for kind in ("inputs", "outputs")
    )
    if inputs:
        return inputs, outputs, None
    images = arrays["image"] if "image" in arrays else arrays["y"]
    label = arrays["y"] if "image" in arrays else arrays.get("l")
    inputs = {"z": arrays["z"], "y": label, "truncation": arrays.get("truncation", TRUNCATION)}
    images = images.transpose(0, 2, 3, 1)
    scores = {"images": images, "y": label, "scores": arrays["s"]} if "s" in arrays else None
    return inputs, {"default": np.clip(images / 2 + 0.5, 0, 1)}, scores


def error(ours, theirs):
    """Returns the largest difference in units of what is allowed."""
    return float(np.max(np.abs(np.asarray(ours) - theirs)) / (TOLERANCE * max(1.0, np.std(theirs))))


def errors(path, export):
    """Returns the errors of an export's outputs by their names, in units of what is allowed."""
    import tensorflow as tf

    said = said_outputs(path)
    if said is None:
        return {}
    inputs, outputs, scores = said
    model, found = tf.saved_model.load(export), {}
    for name, theirs in outputs.items():
        signature = model.signatures[name]
        takes = signature.structured_input_signature[1]
        given = {
            key: tf.convert_to_tensor(inputs[key], takes[key].dtype)
            for key in takes
            if inputs.get(key) is not None
        }
        found[name] = error(*signature(**given).values(), theirs)
    if scores:
        found["discriminator"] = error(_scores(export, scores), scores["scores"])
    return found


def _scores(export, scores):
    import keras

    network = keras.models.load_model(Path(export) / "networks" / "discriminator.keras")
    labels = () if scores["y"] is None else (np.argmax(scores["y"], axis=1),)
    return network([scores["images"], *labels] if labels else scores["images"])


def run(argv):
    """Runs a command of `keras-gans`; returns its exit status and both outputs."""
    from keras_gans import cli

    with (
        contextlib.redirect_stdout(io.StringIO()) as printed,
        contextlib.redirect_stderr(io.StringIO()) as said,
    ):
        try:
            status = cli.main(argv)
        except SystemExit as end:
            status = end.code
    return status, printed.getvalue(), said.getvalue()


def row(path, folder, out, config, *, check):
    """Imports one checkpoint by the command and returns what is said of it."""
    name, start = str(path.relative_to(folder)), time.process_time()
    export = out / name.replace("/", "_") / "1"
    argv = ["import", str(path), "--out", str(export)]
    argv += [word for setting in config for word in ("--config", setting)]
    status, printed, said = run(argv)
    seconds = time.process_time() - start
    result = {
        "file": name,
        "family": "",
        "tensors": "",
        "error / allowed": "",
        "check": "",
        "s": f"{seconds:.0f}",
    }
    tensors = differing_tensors(path)
    if tensors is not None:
        result["tensors"] = (
            f"{tensors[0]} equal" if not tensors[1] else f"DIFFER: {', '.join(tensors[1][:3])}"
        )
    if status:
        return {**result, "family": "REFUSED: " + " ".join(said.split())[:300]}
    result["family"] = printed.split()[1].rstrip(":")
    found = errors(path, str(export))
    result["error / allowed"] = ", ".join(
        f"{key} {value:.2g}{'' if value <= 1 else ' FAILED'}" for key, value in found.items()
    )
    if check:
        result["check"] = "FAILED" if run(["check", str(export)])[0] else "passed"
    return result


def main():
    import keras_gans_cli
    import measure

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", action="append", default=[], nargs=2, metavar=("FILES", "KEY=VALUE"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    keras_gans_cli.import_quietly()
    rows = []

    def described(out):
        for path in checkpoints(options.folder):
            fitting = [
                setting
                for pattern, setting in options.config
                if fnmatch.fnmatch(str(path.relative_to(options.folder)), pattern)
            ]
            rows.append(row(path, options.folder, Path(out), fitting, check=options.check))
            yield rows[-1]

    with tempfile.TemporaryDirectory() as out:
        measure.table("Imports", described(out))
    failed = [each["file"] for each in rows if any("FAILED" in v or "DIFFER" in v for v in each.values())]
    strangers = sorted(STRANGERS & set(sys.modules))
    print(f"\n{len(rows)} files, {len(failed)} failed: {', '.join(failed) or '-'}")
    print(f"Libraries of the writers that were imported: {', '.join(strangers) or '-'}")
    return bool(failed or strangers)


if __name__ == "__main__":
    sys.exit(main())
