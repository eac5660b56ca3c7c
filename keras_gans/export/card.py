"""Model cards: `card.json`, for programs, and the `README.md` made from it, for people."""

import dataclasses
import json
import subprocess
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_gans
from keras_gans import atomic
from keras_gans.endpoints import limits, open_size, open_sizes
from keras_gans.export import checksums, guards

FILE = "card.json"
README = "README.md"
SAMPLES = "samples.png"
AMPLIFIED = (
    "Outputs of `{name}` change by {change:.1g} where inputs change by a millionth: its weights amplify "
    "rounding, as those of a network that was not trained do, and comparisons of these outputs say little."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Card:
    """What the author of an export says about it. Everything else on the card is measured.

    Args:
        preset: str. Name of the preset, as in `savedmodels/<preset>`; of a model of other data a name like
            one.
        model: str. Name of the model, such as `"Progressive GAN"`.
        paper: str. Its arXiv id or address.
        data: str. The data it was trained on, with its address.
        data_license: str. The licence of the data.
        images_seen: int. Real images seen in training, with repetitions; `None` where nobody said it, as of
            weights from elsewhere.
        weights: dict. Of weights from elsewhere: "files", dict of the name of each file that they were read
            from to its SHA-256, and "license", the one under which they were published. Empty for weights of
            our own.
        metrics: dict, name of a protocol -> number or dict of numbers.
        class_names: sequence of str. Names of the classes of a class-conditional generator, in
            order.
        notes: sequence of str. What else a user should know: biases, failures, intended use.

    Example:
    ```python
    card = keras_gans.export.Card(
        preset="progan_emoji_32",
        model="Progressive GAN",
        paper="1710.10196",
        data="Noto Emoji, https://github.com/googlefonts/noto-emoji",
        data_license="Apache-2.0",
        images_seen=2_000_000,
    )
    ```
    """

    preset: str
    model: str
    paper: str
    data: str
    data_license: str
    images_seen: int | None = None
    weights: dict = dataclasses.field(default_factory=dict)
    metrics: dict = dataclasses.field(default_factory=dict)
    class_names: tuple = ()
    notes: tuple = ()


def describe(card, network, exportable, amplified):
    """Returns the content of `card.json`, a dict.

    Args:
        card: `Card`.
        network: the exported `keras.Model`.
        exportable: its `keras_gans.export.module.Exportable`.
        amplified: dict of str to float. Endpoints whose outputs change by this much where their inputs change
            by a millionth, which makes comparisons of them say little; the card says so.
    """
    described = {
        name: _describe_signature(name, function, specs)
        for name, (function, specs) in sorted(exportable.signatures.items())
    }
    content = {
        **dataclasses.asdict(card),
        "network": type(network).__name__,
        "compute_dtype": compute_dtype_of(network),
        "notes": (*card.notes, *(AMPLIFIED.format(name=n, change=c) for n, c in amplified.items())),
        "tolerance": max([tolerance_of(network), *(10.0 * change for change in amplified.values())]),
        "parameters": int(sum(np.prod(weight.shape) for weight in network.trainable_variables)),
        "package_version": keras_gans.__version__,
        "git_commit": _git_commit(),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "max_samples": described["sample"]["inputs"]["num"]["limits"][1] if "sample" in described else None,
        "signatures": described,
    }
    return json.loads(json.dumps(content, allow_nan=False))  # tuples become lists, as in the file


def tolerance_of(network):
    """Returns the largest difference between two ways to compute the same output of a network.

    In float16 and bfloat16, graph optimisation alone changes results by a few units of the last place. A
    network that passes its own output through itself, as a sampler does, amplifies rounding: its attribute
    `tolerance` says by how much.
    """
    by_precision = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 3e-2}
    return max(by_precision[compute_dtype_of(network)], getattr(network, "tolerance", 0.0))


def compute_dtype_of(network):
    """Returns the lowest precision in which a layer with weights computes: "float32", "float16", "bfloat16".

    The model's own `compute_dtype` is the global policy's, whatever its layers were given.
    """
    layers = [layer for layer in network._flatten_layers() if layer.variables and not layer._layers]
    found = {layer.compute_dtype for layer in layers}
    return next((dtype for dtype in ("bfloat16", "float16") if dtype in found), "float32")


def read(directory):
    """Reads the card of an export: a dict."""
    path = Path(directory) / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{directory} has no {FILE}: it is no export of keras_gans, or not a whole one."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def write(directory, content):
    """Writes `card.json` and `README.md` into a new export."""
    directory = Path(directory)
    for name, text in _files(directory, content).items():
        atomic.write_file(directory / name, text.encode())


def update(directory, **changes):
    """Changes entries of the card of an export, and writes its README and its checksums anew.

    Without changes it makes the README again; a `samples.png` that was added since is shown in it.

    Args:
        directory: path of an export.
        **changes: new values of fields of `Card`, such as `metrics={"fid50k_full": 7.3}`.

    Returns:
        dict, the content of the card.

    Raises:
        ValueError: a name is no field of `Card`, or a number is NaN or infinite.
    """
    directory = Path(directory)
    content = read(directory)
    names = {field.name for field in dataclasses.fields(Card)}
    unknown = sorted(set(changes) - names)
    if unknown:
        raise ValueError(
            f"The author of a card gives {sorted(names)}; all else is measured. Received: {unknown}"
        )
    content.update(changes)
    write(directory, content)
    if (directory / checksums.FILE).is_file():
        # Only what was written here: a damaged model must not get a fitting sum.
        sums = checksums.read(directory)
        changed = [name for name in (FILE, README, SAMPLES) if (directory / name).is_file()]
        sums.update({name: checksums.digest(directory / name) for name in changed})
        atomic.write_file(directory / checksums.FILE, checksums.as_text(sums).encode())
    return content


def render(content, *, samples=False):
    """Returns the text of the README for the content of a card.

    Args:
        content: dict, as `read` returns it.
        samples: bool. Whether there is a `samples.png` to show.
    """
    facts = {
        "Model": f"{content['model']} ({content['paper']})",
        "Data": content["data"],
        "Images seen in training": images_seen(content),
        "Trainable parameters": f"{content['parameters']:,}",
        "keras_gans": _version_words(content),
        "TensorFlow, Keras": ", ".join(content["versions"].values()),
    }
    parts = [f"# {content['preset']}"]
    if samples:
        parts.append(f"![Samples]({SAMPLES})")
    parts.append(table(("", ""), facts.items()))
    parts.append("## Use\n\n" + _usage(content))
    # A section of its own: it may be a table of several sources.
    parts.append("## Licence of the data\n\n" + content["data_license"])
    weights = content.get("weights")  # cards of before have none
    if weights:
        parts.append("## Licence of the weights\n\n" + weights["license"])
        parts.append("## Source of the weights\n\n" + table(("File", "SHA-256"), weights["files"].items()))
    metrics = _metric_rows(content["metrics"])
    if metrics:
        parts.append("## Metrics\n\n" + table(("Protocol", "Value"), metrics))
    parts.append("## Signatures\n\n" + _signature_table(content["signatures"]))
    if content["class_names"]:
        parts.append("## Classes\n\n" + ", ".join(content["class_names"]))
    notes = [f"- {note}" for note in (*content["notes"], *_standing_notes(content))]
    parts.append("## Notes\n\n" + "\n".join(notes))
    return "\n\n".join(parts) + "\n"


def images_seen(content):
    """Returns the images seen in training, for people.

    Args:
        content: dict, as `read` returns it.
    """
    return "unknown" if content["images_seen"] is None else f"{content['images_seen']:,}"


def table(header, rows):
    """Returns a Markdown table.

    Args:
        header: sequence of str.
        rows: iterable of sequences, one cell for each of `header`.
    """
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _files(directory, content):
    try:
        text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    except ValueError as error:
        raise ValueError(f"A card must be JSON, without NaN and infinite numbers: {error}") from error
    samples = (Path(directory) / SAMPLES).is_file()
    return {FILE: text, README: render(content, samples=samples)}


def _describe_signature(name, function, specs):
    outputs = function.structured_outputs
    unit = name in ("default", "serving_default", "sample", "inpaint", "vary")
    return {
        "inputs": {
            argument: {
                "shape": list(spec.shape),
                "dtype": guards.dtype_of(spec),
                "range": guards.value_range(argument, spec),
                "limits": limits(spec),
                **({"open_sizes": open_sizes(spec)} if open_sizes(spec) else {}),
            }
            for argument, spec in specs.items()
        },
        "outputs": {
            key: {
                "shape": None if tensor.shape.rank is None else tensor.shape.as_list(),
                "dtype": tensor.dtype.name,
                "range": "[0, 1]" if unit and tensor.shape.rank == 4 else None,
            }
            for key, tensor in outputs.items()
        },
    }


def _git_commit():
    """The commit of the checkout that this package is imported from, `None` outside one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version_words(content):
    commit = f", commit {content['git_commit'][:12]}" if content["git_commit"] else ""
    return content["package_version"] + commit


def _metric_rows(metrics, prefix=""):
    rows = []
    for name, value in metrics.items():
        if isinstance(value, dict):
            rows += _metric_rows(value, f"{prefix}{name}: ")
        else:
            rows.append((prefix + name, f"{value:.4g}" if isinstance(value, float) else value))
    return rows


def _words(tensor):
    if tensor["shape"] is None:
        return tensor["dtype"]
    words = ["batch" if axis == 0 else "any" for axis in range(len(tensor["shape"]))]
    sizes = [word if size is None else str(size) for word, size in zip(words, tensor["shape"], strict=True)]
    return f"{tensor['dtype']} ({', '.join(sizes)})"


def _size_words(sizes):
    return "" if sizes is None else f", sizes any multiple of {sizes[0]}, at least {sizes[1]}"


def _signature_table(signatures):
    def cell(tensors):
        return "<br>".join(
            f"`{name}`: {_words(tensor)}"
            + (f", {tensor['range']}" if tensor["range"] else "")
            + _size_words(tensor.get("open_sizes"))
            for name, tensor in tensors.items()
        )

    rows = [(f"`{name}`", cell(one["inputs"]), cell(one["outputs"])) for name, one in signatures.items()]
    return table(("Signature", "Inputs", "Outputs"), rows)


def _usage(content):
    """A snippet that runs with nothing but TensorFlow and tensorflow_hub."""
    inputs = content["signatures"]["default"]["inputs"]
    output = next(iter(content["signatures"]["default"]["outputs"]))
    lines = ["import tensorflow as tf", "import tensorflow_hub as hub", ""]
    lines += [f"{name} = {_example(name, tensor)}" for name, tensor in inputs.items()]
    call = next(iter(inputs)) if len(inputs) == 1 else ", ".join(f"{n}={n}" for n in inputs)
    lines.append(f'images = hub.load(PATH).signatures["default"]({call})["{output}"]')
    if "sample" in content["signatures"]:
        others = [
            f", {name}={name if name in inputs else _example(name, tensor)}"
            for name, tensor in content["signatures"]["sample"]["inputs"].items()
            if name not in ("num", "seed")
        ]
        lines += ["", "model = hub.load(PATH)  # the same pictures for the same seed, everywhere"]
        call = f"images = model.sample(num=4, seed=0{''.join(others)})"
        lines.append(call if len(call) <= 110 else call.replace("(", "(\n    ", 1)[:-1] + "\n)")
    return "```python\n" + "\n".join(lines) + "\n```"


def _example(name, tensor):
    sizes = tensor.get("open_sizes") or (1, 1)
    inner = [open_size(*sizes) if size is None else size for size in tensor["shape"][1:]]
    shape = [4, *inner] if tensor["shape"] else []
    if name == "y":
        return f"tf.one_hot([0, 1, 0, 1], {shape[-1]})"
    if not shape and tensor["dtype"].startswith("float"):
        return "tf.constant(1.0)"
    if not shape:
        return str(min(20, tensor["limits"][1]))
    if tensor["dtype"].startswith("float"):
        limited = tensor["limits"][0] is not None
        return f"tf.random.{'uniform' if limited else 'normal'}({shape})"
    return f"tf.zeros({shape}, tf.{tensor['dtype']})"


def _standing_notes(content):
    notes = [
        "An export is a program: load only what you trust. `sha256sum -c sha256sums.txt` shows "
        "whether the files are as written.",
        "Wrong input is an error that names the argument. Code compiled by XLA cannot raise it and "
        "gets NaN images instead.",
    ]
    if content["max_samples"]:
        notes.append(
            "`sample(num, seed)` gives the images 0 to num - 1 of a seed, at most "
            f"{content['max_samples']} a call; `latents(seeds)` gives the latent of image 0 of "
            "each seed."
        )
    return notes
