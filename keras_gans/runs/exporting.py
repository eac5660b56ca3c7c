"""The export of a run: the averaged networks, their card and a grid of samples."""

from keras_gans import export as exports
from keras_gans import images, paths
from keras_gans.presets.base import precision_scope
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
            f"The networks have not grown to {last.resolution} px yet: {seen:,} images seen of "
            f"{last.start + last.fade_images:,}. Go on with --resume."
        )
    run.begin(last)
    grid = sample_grid(run)
    grid.set_model(run.trainer)
    picture = grid.draw()
    with paths.writing(run.out / "samples.png"):
        samples = images.write_png(run.out / "samples.png", picture)
    with precision_scope(run.preset.precision), paths.writing(run.export_path):
        network = run.trainer.exported_network(run.data.labels if run.num_classes else None)
        path = exports.export(network, run.export_path, card=card(run, seen), samples=samples, overwrite=True)
    print(f"\nexport   {run.export_path}\nsamples  {samples}")
    inputs = network.endpoints()["default"][1].keys()
    use = "generate {} --seeds 0-15 --out grid.png" if "z" in inputs else "translate {} IMAGES --out DIR"
    use += " --label all" if inputs & {"domains", "styles"} else ""
    print(f"try      keras-gans {use.format(run.export_path)}")
    return path


def card(run, images_seen):
    """Returns the card of a run's export.

    Args:
        run: `keras_gans.runs.Run`.
        images_seen: int. Of the state that is exported.
    """
    preset, provenance = run.preset, run.data.provenance
    return exports.Card(
        preset=preset.name,
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
