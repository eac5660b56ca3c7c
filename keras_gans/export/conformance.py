"""Checks an export, or any TF-Hub module, with everything that should be able to use it."""

import concurrent.futures
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time

from keras_gans import paths
from keras_gans.export import consumers, loader

TIMEOUT = 600  # seconds
AT_ONCE = 2


@dataclasses.dataclass(frozen=True)
class Result:
    """What one consumer said.

    Attributes:
        consumer: str.
        result: str. `"passed"`, `"failed"` or `"not offered"`.
        seconds: float.
        detail: str. Why, or what was tried.
    """

    consumer: str
    result: str
    seconds: float
    detail: str


def check(path, *, only=None, report=None):
    """Runs every consumer of an export, each in a fresh process that cannot import keras_gans.

    Args:
        path: path of a SavedModel, or of a preset's folder, whose highest version is taken. Modules
            from elsewhere, which have just a signature `default`, are checked for what they offer.
        only: sequence of str. Names of consumers; `None` means all.
        report: callable, called with each `Result` as it comes; `None` means silence.

    Returns:
        list of `Result`, in the order of the consumers.

    Raises:
        FileNotFoundError: there is no SavedModel.
        ValueError: `only` holds a name that no consumer has.
    """
    directory = loader.find(path).resolve()
    names = list(consumers.CONSUMERS if only is None else only)
    unknown = [name for name in names if name not in consumers.CONSUMERS]
    if unknown:
        raise ValueError(f"`only` may hold {list(consumers.CONSUMERS)}. Received: {unknown}")
    # Consumers hand the path to TensorFlow as anybody would.
    with paths.without_patterns(directory) as plain, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(_run, plain, name): name for name in names}
        for future in concurrent.futures.as_completed(futures):
            if report is not None:
                report(future.result())
    results = {name: future.result() for future, name in futures.items()}
    return [results[name] for name in names]


def table(results):
    """Lays out results as text, a line each."""
    rows = [("consumer", "result", "seconds", "detail")]
    rows += [(one.consumer, one.result, f"{one.seconds:.1f}", one.detail) for one in results]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        detail = " ".join(row[3].split())
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, detail[:160]]).rstrip())
    return "\n".join(lines)


def _run(directory, consumer):
    start = time.monotonic()
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    # -P: the script's own folder holds modules of this package, which must stay out of reach.
    command = [sys.executable, "-P", consumers.__file__, str(directory), consumer]
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                cwd=elsewhere,
                env={**os.environ, **quiet},
            )
            result, detail = _parse(done)
        except subprocess.TimeoutExpired:
            result, detail = "failed", f"no answer within {TIMEOUT} s"
    return Result(consumer, result, time.monotonic() - start, detail)


def _parse(done):
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        words = done.stderr.strip()[-300:]
        return "failed", f"the process ended with code {done.returncode}: {words}"
    answer = json.loads(lines[-1].removeprefix("RESULT "))
    return answer["result"], answer["detail"]
