"""Metrics by the names that papers give them: which quantity, of how many images, against which.

| name | what | published as |
|---|---|---|
| `fidN`, `fidN_full` | Frechet distance of features | `fid50k_full` |
| `kidN`, `kidN_full` | kernel distance of features | `kid50k_full` |
| `prN`, `prNkK`, and `_full` | precision and recall; K neighbours, else 3 | `pr50k3_full` |
| `dcN`, `dcNkK`, and `_full` | density and coverage; K neighbours, else 5 | |
| `isN` | Inception Score, 10 splits | `is50k` |
| `pplN_zfull`, `pplN_wfull` | perceptual path length, anywhere on N paths in z or w | `ppl_zfull`, N = 100k |
| `pplN_zend`, `pplN_wend` | the same at the start of paths | `ppl_wend`, N = 100k; `ppl2_wend`, N = 50k |
| `swdN` | sliced Wasserstein distance of patches | `swd16k` |
| `msssimN` | similarity of pairs of generated images of one class | `msssim10k` |

N is a number of generated images, 2500 or 50k for 50,000; in `swdN`, as in its paper, k is 1,024. With
`_full` they are compared with all images of the reference, without with N of them.
"""

import dataclasses
import re

SMALLEST, LARGEST = 10, 1_000_000
ALLOWED = (
    "fidN[_full], kidN[_full], prN[kK][_full], dcN[kK][_full], isN, swdN, msssimN, pplN_zfull, pplN_zend, "
    "pplN_wfull, pplN_wend, with N such as 500 or 5k, and the published ppl_zfull, ppl_zend, ppl_wfull, "
    "ppl_wend and ppl2_wend"
)
_COMPARED = re.compile(r"(fid|kid|pr|dc)((?:0|[1-9][0-9]*)k?)(_full)?")
_NEIGHBOURS = re.compile(r"(pr|dc)((?:0|[1-9][0-9]*)k)(0|[1-9][0-9]*)(_full)?")
_ALONE = re.compile(r"(is|swd|msssim)((?:0|[1-9][0-9]*)k?)")
_PATHS = re.compile(r"ppl((?:0|[1-9][0-9]*)k?)?_([zw])(full|end)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Protocol:
    """One metric with everything that its name fixes. `parse_metric` makes it.

    Attributes:
        name: str. As given.
        family: str. "fid", "kid", "pr", "dc", "is", "swd", "msssim" or "ppl".
        count: int. Generated images, or paths.
        full: bool. Whether they are compared with all images of the reference.
        neighbours: int. Of precision and recall, density and coverage; else `None`.
        space: str. "z" or "w", where paths run; else `None`.
        part: str. "full" for points all along the paths, "end" for their starts; else `None`.
    """

    name: str
    family: str
    count: int
    full: bool = False
    neighbours: int | None = None
    space: str | None = None
    part: str | None = None

    @property
    def compares(self):
        """Whether there is a real side."""
        return self.family in ("fid", "kid", "pr", "dc", "swd")

    @property
    def uses_extractor(self):
        """Whether the value depends on a feature extractor, whose name the score then carries."""
        return self.family not in ("swd", "msssim")

    @property
    def lower_is_better(self):
        """True or False; `None` where the number alone does not say it: one image for all has short paths."""
        return {"fid": True, "kid": True, "swd": True, "is": False}.get(self.family)

    def label(self, extractor: object) -> str:
        """The name that a score carries: `fid50k_full[inception-2015]`.

        Args:
            extractor: `FeatureExtractor`, or `None` where the metric uses none.
        """
        return f"{self.name}[{extractor.name}]" if self.uses_extractor else self.name


def parse_metric(name: str) -> Protocol:
    """Reads the name of a metric.

    Args:
        name: str, see the table above.

    Returns:
        `Protocol`.

    Raises:
        ValueError: another name, or a number of images out of range; lists what is allowed.

    Example:
    ```python
    protocol = keras_gans.metrics.parse_metric("pr50k3_full")
    print(protocol.count, protocol.neighbours, protocol.full)  # 50000 3 True
    ```

    Reference:
        FID [1706.08500](https://arxiv.org/abs/1706.08500), KID [1801.01401](https://arxiv.org/abs/1801.01401),
        precision and recall [1904.06991](https://arxiv.org/abs/1904.06991), density and coverage
        [2002.09797](https://arxiv.org/abs/2002.09797), Inception Score
        [1606.03498](https://arxiv.org/abs/1606.03498), SWD and MS-SSIM
        [1710.10196](https://arxiv.org/abs/1710.10196), PPL [1812.04948](https://arxiv.org/abs/1812.04948).
    """
    if name == "ppl2_wend":
        return Protocol(name=name, family="ppl", count=50_000, space="w", part="end")
    if match := _PATHS.fullmatch(name):
        count, space, part = match.groups()
        return Protocol(name=name, family="ppl", count=_count(name, count or "100k"), space=space, part=part)
    if match := _NEIGHBOURS.fullmatch(name):
        family, count, neighbours, full = match.groups()
        return _compared(name, family, count, int(neighbours), full)
    if match := _COMPARED.fullmatch(name):
        family, count, full = match.groups()
        return _compared(name, family, count, {"pr": 3, "dc": 5}.get(family), full)
    if match := _ALONE.fullmatch(name):
        family, count = match.groups()
        return Protocol(
            name=name, family=family, count=_count(name, count, thousand=1024 if family == "swd" else 1000)
        )
    raise ValueError(f"A metric must be one of {ALLOWED}. Received: {name!r}")


def parse_metrics(text: str) -> list[Protocol]:
    """Reads names separated by commas: list of `Protocol`, each once. Errors as `parse_metric`."""
    return [parse_metric(name) for name in dict.fromkeys(part.strip() for part in text.split(","))]


def _compared(name, family, count, neighbours, full):
    protocol = Protocol(
        name=name, family=family, count=_count(name, count), neighbours=neighbours, full=bool(full)
    )
    if neighbours is not None and not 1 <= neighbours < protocol.count:
        raise ValueError(
            f"The neighbours of {name} must be from 1 to {protocol.count - 1}, below its number of images. "
            f"Received: {neighbours}"
        )
    return protocol


def _count(name, text, thousand=1000):
    count = int(text.removesuffix("k")) * (thousand if text.endswith("k") else 1)
    if not SMALLEST <= count <= LARGEST:
        raise ValueError(
            f"The number of images of a metric must be from {SMALLEST} to {LARGEST:,}. "
            f"Received: {name!r}, which means {count:,}"
        )
    return count
