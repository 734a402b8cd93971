# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Statistics of a dataset's columns, as LeRobot's trainers take them for normalization."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Statistics = dict[str, NDArray[Any]]
"""``min``, ``max``, ``mean``, ``std``, ``count`` and quantiles; all but ``count`` have a column's shape."""

QUANTILES: Final = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
SAMPLES: Final = 100  # images of a part that are looked at, at most
_SIDE_PX: Final = 150  # images are thinned out to about this


def column_statistics(values: NDArray[Any]) -> Statistics:
    """Statistics of numbers, shape (N, C) or (N,); those of (N,) have the shape (1,)."""
    columns = values.reshape(len(values), -1).astype(np.float64)
    found: Statistics = {
        "min": columns.min(axis=0),
        "max": columns.max(axis=0),
        "mean": columns.mean(axis=0),
        "std": columns.std(axis=0),
        "count": np.array([len(columns)]),
    }
    quantiles = np.quantile(columns, list(QUANTILES.values()), axis=0)
    return found | dict(zip(QUANTILES, quantiles, strict=True))


def image_statistics(images: Sequence[NDArray[np.uint8]]) -> Statistics:
    """Statistics of images by channel, 0 to 1, shape (3, 1, 1); ``count`` is the number of images.

    Args:
        images: N of shape (H, W, 3), RGB.
    """
    pixels = np.concatenate([image.reshape(-1, 3) for image in images])
    found = column_statistics(pixels)
    scaled = {name: (value / 255.0).reshape(3, 1, 1) for name, value in found.items() if name != "count"}
    return scaled | {"count": np.array([len(images)])}


def merged_statistics(parts: Iterable[Statistics]) -> Statistics:
    """Statistics of everything from those of its parts; quantiles are the parts' means, by their counts."""
    every = list(parts)
    counts = np.array([float(part["count"][0]) for part in every])
    total = counts.sum()

    def mean_of(name: str) -> NDArray[Any]:
        return np.asarray(np.tensordot(counts, np.stack([part[name] for part in every]), axes=1) / total)

    mean = mean_of("mean")
    squares = np.stack([part["std"] ** 2 + (part["mean"] - mean) ** 2 for part in every])
    found: Statistics = {
        "min": np.min([part["min"] for part in every], axis=0),
        "max": np.max([part["max"] for part in every], axis=0),
        "mean": mean,
        "std": np.sqrt(np.tensordot(counts, squares, axes=1) / total),
        "count": np.array([int(total)]),
    }
    return found | {name: mean_of(name) for name in QUANTILES}


class ImageSamples:
    """Collects a few images of each part of an episode, thinned out.

    Args:
        parts: rows of each part.
    """

    def __init__(self, parts: Sequence[slice]) -> None:
        self._rows: Mapping[int, int] = {
            row: number
            for number, part in enumerate(parts)
            for row in range(part.start, part.stop, -(-(part.stop - part.start) // SAMPLES))
        }
        self._images: list[list[NDArray[np.uint8]]] = [[] for _ in parts]

    def add(self, first: int, count: int, image: NDArray[np.uint8]) -> None:
        """Look at the image of some rows.

        Args:
            first: number of the first row.
            count: number of rows.
            image: shape (H, W, 3), RGB; copied where it is kept.
        """
        step = max(1, max(image.shape[:2]) // _SIDE_PX)
        for row in range(first, first + count):
            if row in self._rows:
                self._images[self._rows[row]].append(image[::step, ::step].copy())

    def statistics(self) -> list[Statistics]:
        """Of each part."""
        return [image_statistics(images) for images in self._images]
