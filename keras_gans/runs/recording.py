"""What a run writes while it trains: losses, samples, checkpoints, scores."""

import functools
import importlib.util

import numpy as np

from keras_gans import metrics, training
from keras_gans.data import open_source
from keras_gans.metrics import cache
from keras_gans.training import callbacks


def callbacks_of(run, state):
    """Returns the callbacks of all phases. Every worker counts, the chief writes.

    Args:
        run: `keras_gans.runs.Run`.
        state: `keras_gans.training.RunState` that checkpoints go to.
    """
    config = run.config
    log = callbacks.ProgressLog(
        run.out / "log.jsonl" if run.chief else None,
        every=config.log_every,
        total_images=run.plan.total_images,
        describe=run.plan.describe,
    )
    result = [callbacks.StopOnNonFinite(state)]
    scores = monitor(run) if config.metric else None
    if scores:
        result.append(scores)
    if run.chief:
        grid = sample_grid(run)
        result += [grid, callbacks.Checkpoints(state, every=config.save_every)]
        wanted = config.tensorboard
        if wanted or (wanted is None and importlib.util.find_spec("tensorboard")):
            board = callbacks.TensorBoard(run.out / "tensorboard", grid=grid, every=config.sample_every)
            result.append(board)
            if scores:
                scores.writer = board.writer
    return [*result, log]  # the log comes last: it resets the means that the others read


def sample_grid(run):
    """Returns the callback that draws samples of a run."""
    return run.trainer.sample_grid(
        run.data,
        run.out / "samples",
        every=run.config.sample_every,
        inputs=functools.partial(sample_inputs, run),
        columns=run.num_classes or 8,
    )


def sample_inputs(run, rows=8, columns=8):
    """Returns the latents, or `[latents, labels]` with a column a class, of the sample grids."""
    columns = run.num_classes or columns
    random = np.random.default_rng(run.config.seed)
    latents = random.standard_normal((rows * columns, run.trainer.latent_dim), "float32")
    return [latents, np.tile(np.arange(columns), rows)] if run.num_classes else latents


def monitor(run):
    """Returns the callback that scores the averaged networks. All workers draw, the chief writes."""
    config, replicas = run.config, run.strategy.num_replicas_in_sync
    if run.trainer.latent_dim is None:
        raise ValueError(
            f"--metric scores images that are made of latents; {run.preset.title} has none. Score its export "
            "with `keras-gans evaluate`"
        )
    uses_extractor = metrics.parse_metric(config.metric).uses_extractor
    return training.MetricMonitor(
        run.out / "metrics.jsonl",
        metric=config.metric,
        reference=functools.lru_cache(maxsize=1)(functools.partial(reference, run)),
        extractor=metrics.get_extractor(config.features) if uses_extractor else None,
        every=config.metric_every,
        batch_size=-(-64 // replicas) * replicas,
        best=training.RunState(run.out / "checkpoints_best", run.trainer, max_to_keep=1),
        num_classes=run.num_classes,
        seed=config.seed,
        cache=metrics.Cache(),
    )


def reference(run, resolution):
    """Returns the real images that scores compare with, identified by a digest of all pixels."""
    spec, data = run.preset.data, run.data.at(resolution)
    source = None
    if data.images is None:
        source = open_source(spec.spec, split=run.config.split, crop=spec.crop)
    labels = None if data.labels is None else data.labels.__getitem__
    return metrics.Images(
        data.take,
        len(data),
        labels,
        class_names=data.class_names or (),
        identity=cache.identity_of(data, source, spec.spec),
    )
