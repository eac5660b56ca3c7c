"""A metric during training: whether the images get better, and which checkpoint was the best."""

import dataclasses
import datetime
import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gans import atomic, images, metrics, paths
from keras_gans.random import Draws
from keras_gans.resolution import plain
from keras_gans.training import records
from keras_gans.training.callbacks import EveryImages
from keras_gans.training.distribution import is_chief


class MetricMonitor(EveryImages):
    """Computes a metric of the averaged networks at intervals, logs it, and saves the best state of the run.

    All replicas make images, of the same latents every time; every worker computes the metric, the chief
    writes. The best is sought among the scores of one resolution: while networks grow, each resolution has
    its own, and only the largest keeps its state. The score of the best state lies beside it, so that after
    a resume a worse one does not replace it; lines of the log beyond the images seen by then are removed.

    Args:
        path: path of the JSON-lines file, one line a score.
        metric: str. A metric with a direction: `fidN`, `kidN`, `swdN` or `isN`, see
            `keras_gans.metrics.protocols`.
        reference: callable, resolution -> `keras_gans.metrics.Images`, the real side at that resolution.
        extractor: `keras_gans.metrics.FeatureExtractor`. `None` for `swdN`.
        every: int. Interval in images.
        batch_size: int. Images made at a time by all replicas; a multiple of their number.
        best: `RunState` of a directory of its own, which gets the best state; `None` means none.
        num_classes: int. Of the networks, 0 without labels. Classes are drawn as often as the reference has
            them, uniformly if it has no labels or other classes.
        seed: int. Of latents, labels and subsets.
        writer: `tf.summary.SummaryWriter`; `None` means none.
        cache: `keras_gans.metrics.Cache` for the reference; `None` means none.

    Raises:
        ValueError: the metric is unknown or has no direction; when training begins, the extractor or the
            reference does not fit it.

    Example:
    ```python
    monitor = keras_gans.training.MetricMonitor(
        "run/metrics.jsonl",
        metric="fid2k",
        reference=lambda resolution: keras_gans.metrics.Images(data.at(resolution).take, len(data)),
        extractor=keras_gans.metrics.efficientnet_lite0(),
        every=50_000,
        best=keras_gans.training.RunState("run/checkpoints_best", trainer, max_to_keep=1),
    )
    trainer.fit(batches, steps_per_epoch=10_000, callbacks=[monitor])
    ```
    """

    def __init__(
        self,
        path,
        *,
        metric,
        reference,
        extractor,
        every,
        batch_size=64,
        best=None,
        num_classes=0,
        seed=0,
        writer=None,
        cache=None,
    ):
        super().__init__(every)
        self.path = Path(path)
        self.protocol = metrics.parse_metric(metric)
        if self.protocol.lower_is_better is None:
            raise ValueError(
                "A metric to watch must be fidN, kidN, swdN or isN, which say what is better. "
                f"Received: {metric!r}"
            )
        self.reference = reference
        self.extractor = extractor
        self.batch_size = batch_size
        self.best = best
        self.num_classes = num_classes
        self.seed = seed
        self.writer = writer
        self.cache = cache
        self._generate = self._last = self._frequencies = None

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        replicas = self.model.distribute_strategy.num_replicas_in_sync
        if self.batch_size % replicas:
            raise ValueError(
                f"`batch_size` must be a multiple of the {replicas} replicas. Received: {self.batch_size}"
            )
        self._generate = None  # the networks may have grown
        # Now rather than after the first interval.
        generated, reference = self._sides()
        metrics.check_metric(self.protocol, generated, reference, self.extractor, {})
        if self.num_classes and reference is not None:
            frequencies = reference.class_frequencies()
            if frequencies is not None and len(frequencies) == self.num_classes:
                self._frequencies, self._generate = frequencies, None
        if is_chief(self.model.distribute_strategy):
            records.cut(self.path, self._seen())

    def act(self, images_seen, losses):
        """Computes the score and returns its record."""
        scores = metrics.compute_scores(
            *self._sides(),
            [self.protocol],
            self.extractor,
            seed=self.seed,
            batch_size=self.batch_size,
            cache=self.cache,
        )
        score = scores[-1]  # of swd the mean
        record = {
            "images": images_seen,
            **{name: value for name, value in dataclasses.asdict(score).items() if value not in (None, "")},
            "best": self._is_best(score, images_seen),
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        if record["best"] and self.best is not None:
            self._keep(record)
        if is_chief(self.model.distribute_strategy):
            self._write(record)
        return record

    def _sides(self):
        """Generated and real images, at the resolution that the networks have now."""
        self._last = None  # the weights have moved
        resolution = plain(self._take(np.arange(1)).shape[1:3])
        reference = self.reference(resolution) if self.protocol.compares else None
        note = ""
        if self.num_classes:
            how = "uniformly" if self._frequencies is None else "as often as the data has them"
            note = f"classes drawn {how}"
        return metrics.Images(self._take, note=note), reference

    def _write(self, record):
        paths.append_line(self.path, json.dumps(record))
        best = "  (best so far)" if record["best"] else ""
        print(f"{record['images']:>9,} images  {record['protocol']} {record['value']:.4g}{best}", flush=True)
        if self.writer is not None:
            with paths.writing(self.path.parent), self.writer.as_default(step=record["images"]):
                tf.summary.scalar(record["protocol"], record["value"])
                self.writer.flush()

    def _keep(self, record):
        """Saves the state, with its score beside it."""
        path = self.best.directory / f"ckpt-{record['images']}.json"
        if self.best.chief:
            atomic.write_file(
                path, f"{json.dumps(record)}\n".encode()
            )  # before the state, which never lacks it then
        self.best.save()
        if self.best.chief:
            for other in set(self.best.directory.glob("ckpt-*.json")) - {path}:
                other.unlink()

    def _is_best(self, score, images_seen):
        """Whether a score is better than that of the best state, or, without states, than all in the log."""
        sign = 1.0 if self.protocol.lower_is_better else -1.0
        for rival in self._rivals(images_seen):
            if rival["protocol"] != score.protocol or rival["resolution"] < score.resolution:
                continue
            same = (rival["images"], rival["value"]) == (images_seen, score.value)  # it came here before
            better = rival["resolution"] == score.resolution and sign * score.value < sign * rival["value"]
            if not (same or better):
                return False
        return True

    def _rivals(self, images_seen):
        """The records that a new best has to beat."""
        if self.best is not None:
            latest = self.best.latest
            if latest is None:
                return []
            path = Path(f"{latest}.json")
            if path.exists():
                return [json.loads(path.read_text(encoding="utf-8"))]
        return [record for _, record in records.read(self.path) if record["images"] < images_seen]

    def _take(self, numbers):
        """uint8 images by number, out of batches that all replicas make."""
        blocks = numbers // self.batch_size
        parts = [
            self._block(block)[numbers[blocks == block] % self.batch_size] for block in np.unique(blocks)
        ]
        return np.concatenate(parts)

    def _block(self, number):
        if self._last is None or self._last[0] != number:
            if self._generate is None:
                self._generate = self._traced()
            pixels = images.check_generated(
                self._generate(tf.constant(number, "int64")),
                "The averaged generator",
                value_range=None,  # an export clips it
                advice="Its last layer must not round",
            )
            self._last = number, images.to_uint8(pixels)
        return self._last[1]

    def _traced(self):
        """Returns a function: number of a batch -> its images, `(batch_size, height, width, channels)`."""
        strategy, model = self.model.distribute_strategy, self.model
        rows = self.batch_size // strategy.num_replicas_in_sync

        def replica(number):
            draws = Draws(self.seed, -1 - number)  # no step of the training has such a number
            latents = draws.normal("latents", (rows, model.latent_dim))
            return model.generate([latents, self._labels(draws, rows)] if self.num_classes else latents)

        return tf.function(
            lambda number: strategy.gather(strategy.run(replica, args=(number,)), axis=0), autograph=False
        )

    def _labels(self, draws, rows):
        """Classes, `(rows,)`: of all images of the reference one, by its place where they lie by class."""
        if self._frequencies is None:
            return draws.integers("labels", (rows,), self.num_classes)
        places = draws.integers("labels", (rows,), int(self._frequencies.sum()))
        ends = tf.constant(np.cumsum(self._frequencies), "int32")
        return tf.searchsorted(ends, places, side="right")
