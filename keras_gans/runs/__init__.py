"""A run: a preset, data, and the folder that they are trained in.

`train`, the command `keras-gans train` and the scripts of `train/` are the same call.

A run directory holds

- `config.json`: the configuration, and the versions it was run with
- `data.json`: count, classes and digests of the images: a run goes on with no others
- `log.jsonl`: a line of losses every `--log-every` images
- `samples/`: grids of the averaged generator, from the same latents
- `checkpoints/`: the last three run states
- `metrics.jsonl`: scores, with `--metric`; the state with the best one is in `checkpoints_best/`, which
  `--export --best` exports
- `tensorboard/`: event files, where tensorboard is installed
- `export/`: the SavedModel, at the end

Directions of the latent space of an export are found here as well: `principal_directions` and its kin.
"""

from keras_gans.runs.actions import describe, export, resume, train
from keras_gans.runs.config import RunConfig
from keras_gans.runs.directions import (
    attribute_labels,
    normal_directions,
    principal_directions,
    singular_directions,
)
from keras_gans.runs.learnt_directions import learn_directions
from keras_gans.runs.run import Run
from keras_gans.runs.synthetic import generate_files

__all__ = [
    "Run",
    "RunConfig",
    "attribute_labels",
    "describe",
    "export",
    "generate_files",
    "learn_directions",
    "normal_directions",
    "principal_directions",
    "resume",
    "singular_directions",
    "train",
]
