"""What the readers give, and the error that they raise."""

import dataclasses
from pathlib import Path


class Unreadable(ValueError):
    """A file is damaged, of no known kind, or asks for more than reading tensors.

    The message says the file, what was found and what to do.
    """


@dataclasses.dataclass(frozen=True)
class File:
    """A file or folder of weights.

    Args:
        path: `pathlib.Path`.
        kind: str. One of the kinds in the table of `read`.
        content: what the table says for that kind.
    """

    path: Path
    kind: str
    content: object


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that was stored with the arguments of its constructor.

    Args:
        class_name: str. Its class; of TensorFlow 1 networks the function that builds them.
        config: dict. The stored arguments. What is absent has the default of that class.
        tensors: dict of str to array. Under the names of the reference.
        flat: bool. Whether the code was the newer one of NVIDIA, whose generators take the arguments of
            the synthesis network themselves and whose defaults differ: `num_fp16_res` 4 and `conv_clamp`
            256 in place of 0 and `None`.
    """

    class_name: str
    config: dict
    tensors: dict
    flat: bool = False


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a folder: a model, or something without tensors such as a scheduler.

    Args:
        class_name: str, or `None` where the configuration names no class.
        config: dict. The configuration as stored, without the keys that begin with "_".
        tensors: dict of str to array. Empty for parts without weights.
    """

    class_name: str | None
    config: dict
    tensors: dict


@dataclasses.dataclass(frozen=True)
class Folder:
    """A folder of configurations and weights.

    Args:
        class_name: str, or `None`. The class of the pipeline; `None` for a model alone.
        parts: dict of str to `Part`. The models by the names of their folders ("unet", "vqvae"). A model
            alone, with its configuration beside its weights, is called "model".
        scheduler: `Part`, or `None` where the folder has none.
    """

    class_name: str | None
    parts: dict
    scheduler: Part | None = None
