"""Folders of configurations and weights, as Diffusers and its like write them."""

import os
import re
from pathlib import Path

from keras_gans.importers.readers import strict_json
from keras_gans.importers.readers.content import Folder, Part, Unreadable

PIPELINE, CONFIG, SCHEDULER = "model_index.json", "config.json", "scheduler_config.json"
WEIGHTS = r"(?P<stem>diffusion_pytorch_model|pytorch_model|model)(\.(?P<variant>\w+))?"
WHOLE = re.compile(WEIGHTS + r"\.(safetensors|bin)")
INDEX = re.compile(r"(diffusion_pytorch_model|pytorch_model|model)\.(safetensors|bin)\.index(\.\w+)?\.json")
SHARD = re.compile(WEIGHTS + r"-\d+-of-\d+\.(safetensors|bin)")


def is_folder(path):
    """Whether a folder has the configuration of a pipeline or model."""
    return any((path / name).is_file() for name in (PIPELINE, CONFIG))


def read_folder(path, read_tensors, weights=None):
    """Reads a pipeline or a model.

    Args:
        path: `pathlib.Path` of a folder.
        read_tensors: function of a path that returns dict of str to array.
        weights: str, or `None`. The file of weights to use where there are several sets of them.

    Returns:
        The kind and `Folder`.

    Raises:
        Unreadable: if a file is missing, damaged or outside of the folder, or there are several sets of
            weights.
    """
    if not (path / PIPELINE).exists():
        config = _config(path, path, CONFIG)
        kind = "diffusers folder" if "_diffusers_version" in config else "model folder"
        return kind, Folder(None, {"model": _part(config, _tensors(path, path, read_tensors, weights))})
    index, parts, scheduler = _config(path, path, PIPELINE), {}, None
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or len(value) != 2 or None in value:
            continue  # about the pipeline, or a part that was left out
        folder = _inside(path, path, name)
        if (folder / SCHEDULER).exists():
            scheduler = _part(_config(path, folder, SCHEDULER), {})
        elif (folder / CONFIG).exists():
            config = _config(path, folder, CONFIG)
            parts[name] = _part(config, _tensors(path, folder, read_tensors, weights))
        elif value[0] == "diffusers":
            raise Unreadable(f"its part {name!r} has no configuration. Download the folder {name}/ as well.")
        else:
            parts[name] = Part(str(value[-1]), {}, {})  # without weights, such as a tokenizer
    return "diffusers folder", Folder(index.get("_class_name"), parts, scheduler)


def _part(config, tensors):
    name = config.get("_class_name")
    return Part(name, {key: value for key, value in config.items() if key[:1] != "_"}, tensors)


def _inside(root, folder, name):
    """Returns the path of a name within a folder.

    Links may lead to the store of the Hugging Face cache that the folder lies in, and nowhere else outside.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or re.search(r"[/\\:\0]", name):
        raise Unreadable(f"it names the file {name!r}. Allowed are names of files beside it.")
    path, root = folder / name, root.resolve()
    caches = [parent.parent / "blobs" for parent in root.parents if parent.name == "snapshots"]
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(allowed) for allowed in (root, *caches)):
        raise Unreadable(f"{name!r} is a link to {real}, outside of the folder. Copy the file itself.")
    return path


def _config(root, folder, name):
    path = _inside(root, folder, name)
    if not path.is_file():
        raise Unreadable(f"it has no {name}. Download that file as well.")
    with path.open("rb") as file:
        data = file.read(strict_json.LIMIT + 1)
    return strict_json.parse(data, str(path.relative_to(root)), infinite=True)


def _tensors(root, folder, read_tensors, chosen):
    names = sorted(path.name for path in folder.iterdir())
    sets = [name for name in names if WHOLE.fullmatch(name) or INDEX.fullmatch(name)]
    if chosen is not None:
        if chosen not in sets:
            raise Unreadable(f"{folder} has no weights {chosen!r}. Allowed are {', '.join(sets)}.")
        sets = [chosen]
    if len(sets) > 1:
        raise Unreadable(
            f"{folder} has {len(sets)} sets of weights, {', '.join(sets)}. Name one of them with `weights`, "
            "or remove the others."
        )
    if not sets:
        shards = [name for name in names if SHARD.fullmatch(name)]
        found = f"only parts without their index, {', '.join(shards)}" if shards else "no weights"
        raise Unreadable(f"{folder} has {found}. Download diffusion_pytorch_model.safetensors, for example.")
    [name] = sets
    path = _inside(root, folder, name)
    return _shards(root, folder, name, read_tensors) if INDEX.fullmatch(name) else read_tensors(path)


def _shards(root, folder, index, read_tensors):
    """The tensors of all the files that an index names."""
    content = _config(root, folder, index)
    places = content.get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise Unreadable(f"{index} has no 'weight_map' of tensors to files")
    tensors = {}
    for name in dict.fromkeys(places.values()):
        path = _inside(root, folder, name)
        if not path.is_file():
            raise Unreadable(f"{index} names the file {name}, which is not there. Download it as well.")
        found = read_tensors(path)
        promised = {tensor for tensor, place in places.items() if place == name}
        if set(found) != promised:
            differing = sorted(set(found) ^ promised)
            raise Unreadable(
                f"{name} and {index} differ in {', '.join(differing[:5])}: they are of two saves. Download "
                "both again."
            )
        tensors |= found
    metadata, size = content.get("metadata"), sum(array.nbytes for array in tensors.values())
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    if ".safetensors." in index and total not in (None, size):  # a .bin may hold a tensor twice
        raise Unreadable(f"{index} is of {total} bytes of tensors; its files have {size}: of two saves")
    return {name: tensors[name] for name in places}
