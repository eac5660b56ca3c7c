"""The export of a run: the averaged networks, their card and a grid of samples."""

import os
import re
from pathlib import Path

from keras_gans import export as exports
from keras_gans import images, paths
from keras_gans.presets.base import precision_scope
from keras_gans.resolution import text
from keras_gans.runs.recording import sample_grid


def export(run):
    """Exports a run as its trainer is now, says what to do with it, and returns the path.

    Args:
        run: `keras_gans.runs.Run`.

    Raises:
        ValueError: if the networks have not grown to their last resolution.
    """
    seen, last = int(run.trainer.images_seen.numpy()), run.plan.phases[-1]
    if seen < last.start + last.fade_images:
        raise ValueError(
            f"The networks have not grown to {text(last.resolution)} px yet: {seen:,} images seen of "
            f"{last.start + last.fade_images:,}. Go on with --resume."
        )
    run.begin(last)
    grid = sample_grid(run)
    grid.set_model(run.trainer)
    picture = grid.draw()
    with paths.writing(run.out / "samples.png"):
        run.out.mkdir(parents=True, exist_ok=True)
        samples = images.write_png(run.out / "samples.png", picture)
    with precision_scope(run.preset.precision), paths.writing(run.export_path):
        network = run.trainer.exported_network(run.data.labels if run.num_classes else None)
        path = exports.export(
            network,
            run.export_path,
            card=card(run, seen),
            samples=samples,
            networks=run.trainer.kept_networks(),
            overwrite=True,
        )
    print(f"\nexport   {run.export_path}\nsamples  {samples}")
    print(f"try      {hint(run.export_path, network.endpoints())}")
    return path


def hint(path, endpoints):
    """Returns the command that shows what an export makes.

    Args:
        path: path of the export.
        endpoints: dict. As the exported network's `endpoints` gives them.
    """
    inputs = endpoints["default"][1].keys()
    use = "generate {} --seeds 0-15 --out grid.png" if "z" in inputs else "translate {} IMAGES --out DIR"
    use += " --label all" if inputs & {"y", "domains", "styles"} else ""
    use += "    # what it keeps of images" if "z" not in inputs and "decode" in endpoints else ""
    return f"keras-gans {use.format(paths.argument(path))}"


def name_of(run):
    """Returns what an export of a run is called: the preset's name only where the images are the preset's.

    Otherwise it is made as names of presets are, such as "stylegan2_photos_64".
    """
    preset, own = run.preset, run.config.preset
    recoloured = preset.data.channels != own.data.channels
    if (preset.data.spec, preset.resolution, recoloured) == (own.data.spec, own.resolution, False):
        return preset.name
    parts = preset.data.spec.removeprefix("left-to-right:").split(",")
    data = [Path(os.path.abspath(part)).stem if Path(part).exists() else part for part in parts]
    words = re.findall(r"\w+", " ".join(data)) + [preset.data.channels] * recoloured
    return "_".join([preset.model, *words, text(preset.resolution)])


def card(run, images_seen):
    """Returns the card of a run's export.

    Args:
        run: `keras_gans.runs.Run`.
        images_seen: int. Of the state that is exported.
    """
    preset, provenance = run.preset, run.data.provenance
    return exports.Card(
        preset=name_of(run),
        model=preset.title,
        paper=preset.paper,
        data=provenance["description"],
        data_license=provenance["licence"],
        images_seen=images_seen,
        class_names=tuple(run.data.class_names) if run.num_classes else (),
        notes=(
            f"Trained with `keras-gans train {preset.model} --preset {preset.name}`: "
            f"{run.data.summary().splitlines()[0].split(maxsplit=1)[1]}, {preset.precision}, "
            f"{run.strategy.num_replicas_in_sync} replica(s), seed {run.config.seed}. All settings "
            "are in the run's config.json.",
        ),
    )
