"""Public checkpoint files to our networks."""

import dataclasses
import hashlib
from pathlib import Path

import keras

from keras_gans.importers import (
    autoencoder,
    biggan,
    biggan_deep,
    cyclegan,
    diffusers,
    latent_diffusion,
    pix2pix,
    progan,
    readers,
    sngan,
    sngan_chainer,
    stargan,
    stargan_v2,
    stylegan,
    stylegan2,
    stylegan2_port,
    stylegan2_tensorflow,
)
from keras_gans.importers.assign import Tensors
from keras_gans.importers.family import Checkpoint, flattened, nested, placed, state_dicts

FAMILIES = {
    family.name: family
    for family in (
        stylegan2.FAMILY,
        stylegan2_tensorflow.FAMILY,
        stylegan2_port.FAMILY,
        autoencoder.FAMILY,
        latent_diffusion.FAMILY,
        diffusers.FAMILY,
        cyclegan.FAMILY,
        pix2pix.FAMILY,
        pix2pix.DISCRIMINATORS,
        biggan_deep.FAMILY,
        biggan.FAMILY,
        sngan.FAMILY,
        sngan_chainer.FAMILY,
        stargan.FAMILY,
        stargan_v2.FAMILY,
        progan.FAMILY,
        stylegan.FAMILY,
    )
}

PARTS = (".json", ".safetensors", ".bin")  # endings of what is read of a folder


@dataclasses.dataclass(frozen=True)
class Imported:
    """Networks made of a public checkpoint.

    Attributes:
        family: `keras_gans.importers.Family`.
        kind: str. That of the files.
        networks: dict of str to `keras.Model`, by role: "generator", "discriminator" or the family's own.
        exported: `keras.Model`. The one to export, made of these; `None` if there is no generator.
        config: dict of str to value. The reference's configuration, with the names of networks before a dot.
        derived: dict. The part of `config` that was neither in the files nor given.
        unused: dict of str to str. Tensors of the files that are in no network, each with the reason.
        notes: tuple of str. What else was found.
        files: dict of str to str. Names of the files and their SHA-256.
    """

    family: object
    kind: str
    networks: dict[str, keras.Model]
    exported: keras.Model | None
    config: dict
    derived: dict
    unused: dict
    notes: tuple
    files: dict


def load(*paths, family=None, weights=None, **config):
    """Reads public checkpoint files into networks. Nothing in the files is run.

    Args:
        *paths: paths of a file or a folder, or of several files that belong together, such as the two
            generators of a CycleGAN.
        family: str. One of `FAMILIES`; `None` means that which the names of the tensors tell.
        weights: str. Which file of a folder to read, where it holds several sets of weights.
        **config: what the files do not say, by the keys of the reference, such as `use_dropout`; of one
            network `**{"G.ngf": 64}`. It goes before what is derived from shapes.

    Returns:
        `Imported`.

    Raises:
        keras_gans.importers.readers.Unreadable: if a file is damaged or of no known kind.
        ValueError: if no family fits, `config` contradicts the file, or the family's importer refuses
            configuration or tensors.

    Example:
    ```python
    imported = keras_gans.importers.load("network-snapshot.pkl")
    imported.networks["generator"](latents)
    keras_gans.export.export(imported.exported, "imported/1", card=card)
    ```
    """
    if not paths:
        raise ValueError("`load` needs the path of a file or a folder")
    if family is not None and family not in FAMILIES:
        raise ValueError(f"`family` must be one of {sorted(FAMILIES)}. Received: {family!r}")
    files = [readers.read(path, weights=weights) for path in paths]
    checkpoint = checkpoint_of(files)
    chosen, found = _find(checkpoint, [FAMILIES[family]] if family else list(FAMILIES.values()))
    merged, derived = _merge(found, config)
    tensors = Tensors(found.tensors)
    try:
        networks = chosen.build(nested(merged), tensors)
        exported = chosen.export(networks, nested(merged))
    except ValueError as error:
        error.add_note(
            f"The file was read as {chosen.title}. Configuration: "
            + ", ".join(f"{key}={value}" for key, value in merged.items())
        )
        raise
    return Imported(
        family=chosen,
        kind=checkpoint.kind,
        networks=networks,
        exported=exported,
        config=merged,
        derived=derived,
        unused=_others(checkpoint, found)
        | found.unused
        | {placed(name, found.places): why for name, why in tensors.unused.items()},
        notes=found.notes,
        files=digests(paths),
    )


def checkpoint_of(files):
    """Returns the sets of tensors of files that were read.

    Args:
        files: list of `readers.File`.

    Raises:
        ValueError: if two sets of several files have one name.
    """
    networks, scheduler = {}, None
    for file in files:
        sets, scheduler = _networks_of(file)
        taken = sorted(set(sets) & set(networks))
        if taken:
            raise ValueError(f"Files must have names of their own. Received twice: {', '.join(taken)}")
        networks |= sets
    return Checkpoint(files[0].kind, networks, scheduler)


def _networks_of(file):
    """Networks by their keys, and the scheduler of a folder."""
    if isinstance(file.content, readers.Folder):
        parts = file.content.parts.items()
        networks = {
            key: readers.Network(part.class_name or "", part.config, part.tensors) for key, part in parts
        }
        return networks, file.content.scheduler
    if isinstance(file.content, readers.Network):
        return {file.path.stem: file.content}, None
    roles = {key: value for key, value in file.content.items() if isinstance(value, readers.Network)}
    sets = roles or {
        place or file.path.stem: readers.Network("", {}, tensors)
        for place, tensors in state_dicts(file.content)
    }
    return sets, None


def _find(checkpoint, families):
    for family in families:
        found = family.find(checkpoint)
        if found is not None:
            return family, found
    names = [f"{key}: {name}" for key, each in checkpoint.networks.items() for name in list(each.tensors)[:3]]
    raise ValueError(
        f"The tensors are those of no family known ({', '.join(family.name for family in families)}). "
        f"Found in a {checkpoint.kind}: {', '.join(names[:12]) or 'no tensors'}"
    )


def _others(checkpoint, found):
    """The tensors of networks that the family did not look for, with the reason."""
    places = {place.partition("/")[0] for place in found.places.values()}
    places |= {name.partition("/")[0] for name in found.unused}
    others = {key: one for key, one in checkpoint.networks.items() if places and key not in places}
    return {
        f"{key}/{name}": "of no network of this family" for key, one in others.items() for name in one.tensors
    }


def _merge(found, config):
    """The whole configuration, and what of it was derived."""
    stored, derived = flattened(found.stored), flattened(found.derived)
    given = {}
    for key, value in flattened(config).items():
        known = [name for name in {**derived, **stored} if name == key or name.rpartition(".")[2] == key]
        for name in known or [key]:
            if name in stored and stored[name] != value:
                raise ValueError(f"The file says {name}={stored[name]}. Received: {key}={value}")
            given[name] = value
    derived = {key: value for key, value in derived.items() if key not in stored and key not in given}
    return {**derived, **given, **stored}, derived


def digests(paths):
    """Returns the SHA-256 of files, and of the configurations and weights of folders, by their names."""
    sums = {}
    for path in map(Path, paths):
        inside = [one for one in path.rglob("*") if one.suffix in PARTS] if path.is_dir() else [path]
        for file in sorted(inside):
            name = file.relative_to(path.parent).as_posix()
            with file.open("rb") as stream:
                sums[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums
