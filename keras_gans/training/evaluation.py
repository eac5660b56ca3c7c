"""A metric during training: whether the images get better, and which checkpoint was the best."""

import contextlib
import dataclasses
import datetime
import json
import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gans import images, metrics
from keras_gans.random import Draws
from keras_gans.training.callbacks import EveryImages
from keras_gans.training.distribution import is_chief


class MetricMonitor(EveryImages):
    """Computes a metric of the averaged networks at intervals, logs it, and saves the best state of the run.

    All replicas make images, of the same latents every time; every worker computes the metric, the chief
    writes. The best is sought among the scores of one resolution: while networks grow, each resolution has
    its own. After a resume it is read from the log, so that a worse score does not replace it.

    Args:
        path: path of the JSON-lines file, one line a score.
        metric: str. A metric with a direction: `fidN`, `kidN`, `swdN` or `isN`, see
            `keras_gans.metrics.protocols`.
        reference: callable, resolution -> `keras_gans.metrics.Images`, the real side at that resolution.
        extractor: `keras_gans.metrics.FeatureExtractor`. `None` for `swdN`.
        every: int. Interval in images.
        batch_size: int. Images made at a time by all replicas; a multiple of their number.
        best: `RunState` of a directory of its own, which gets the best state; `None` means none.
        num_classes: int. Classes are drawn uniformly; 0 without labels.
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
        if self.protocol.lower_is_better is None or self.protocol.family == "ppl":
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
        self._generate = self._last = None

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        replicas = self.model.distribute_strategy.num_replicas_in_sync
        if self.batch_size % replicas:
            raise ValueError(
                f"`batch_size` must be a multiple of the {replicas} replicas. Received: {self.batch_size}"
            )
        self._generate = None  # the networks may have grown
        # Now rather than after the first interval.
        metrics.check_metric(self.protocol, *self._sides(), self.extractor, {})

    def act(self, images_seen, losses):
        """Computes the score and returns its record."""
        scores = metrics.evaluate(
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
            self.best.save()
        if is_chief(self.model.distribute_strategy):
            self._write(record)
        return record

    def _sides(self):
        """Generated and real images, at the resolution that the networks have now."""
        self._last = None  # the weights have moved
        resolution = self._take(np.arange(1)).shape[1]
        reference = self.reference(resolution) if self.protocol.compares else None
        return metrics.Images(self._take), reference

    def _write(self, record):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        best = "  (best so far)" if record["best"] else ""
        print(f"{record['images']:>9,} images  {record['protocol']} {record['value']:.4g}{best}", flush=True)
        if self.writer is not None:
            with self.writer.as_default(step=record["images"]):
                tf.summary.scalar(record["protocol"], record["value"])
            self.writer.flush()

    def _is_best(self, score, images_seen):
        """Whether no earlier line of the log has a score as good, of the same kind and resolution."""
        sign = 1.0 if self.protocol.lower_is_better else -1.0
        earlier = [
            sign * record["value"]
            for record in self._records()
            if record["images"] < images_seen
            and (record["protocol"], record["resolution"]) == (score.protocol, score.resolution)
        ]
        return sign * score.value < min(earlier, default=math.inf)

    def _records(self):
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # a killed run may leave half a line
                yield json.loads(line)

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
            self._last = number, images.to_uint8(self._generate(tf.constant(number, "int64")))
        return self._last[1]

    def _traced(self):
        """Returns a function: number of a batch -> its images, `(batch_size, height, width, channels)`."""
        strategy, model = self.model.distribute_strategy, self.model
        rows = self.batch_size // strategy.num_replicas_in_sync

        def replica(number):
            draws = Draws(self.seed, -1 - number)  # no step of the training has such a number
            latents = draws.normal((rows, model.latent_dim))
            labels = [draws.integers((rows,), self.num_classes)] if self.num_classes else []
            return model.generate([latents, *labels] if labels else latents)

        return tf.function(lambda number: strategy.gather(strategy.run(replica, args=(number,)), axis=0))
