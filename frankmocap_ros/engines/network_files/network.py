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

"""How a network of the user's own runs, and what an engine for it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.network_files.signature import Fit, Port
from frankmocap_ros.runtime.machine import cores
from frankmocap_ros.settings.mocap import Settings

Three = tuple[float, float, float]
NOTHING: Final[Three] = (0.0, 0.0, 0.0)
ONE: Final[Three] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class ImageInput:
    """The image that a network takes.

    Attributes:
        height, width: of the image [px].
        mean, scale: a pixel becomes (pixel - mean) / scale, for each channel in the image's own order.
    """

    height: int
    width: int
    mean: Three = NOTHING
    scale: Three = ONE

    @property
    def plain(self) -> bool:
        """Whether pixels go in as they are."""
        return self.mean == NOTHING and self.scale == ONE


@dataclass(frozen=True)
class NetworkOptions:
    """Where a network runs.

    Attributes:
        engine: auto, or one of ``engines.base.ENGINES``.
        device: auto, cpu or cuda.
        precision: auto, or one of ``engines.base.PRECISIONS``; auto is the file's own, computed in float32.
        threads: on a CPU.
        several: whether calls with more than one image are expected. On a CPU they are then run side by side,
            a thread each, which takes memory for a second copy of the network.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int = field(default_factory=cores)
    several: bool = False

    @staticmethod
    def of(config: Settings) -> "NetworkOptions":
        """What the settings ask for."""
        several = config.max_people > 1 or len(config.image_topics) > 1
        return NetworkOptions(config.engine, config.device, config.precision, several=several)


class FileNetwork(Protocol):
    """Runs one network, for one thread at a time.

    Attributes:
        how: engine, device and precision in words, such as ``cpu openvino fp32``.
        batches: whether several images at once are faster than one by one.
    """

    how: str
    batches: bool

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs, in the signature's order, each of shape (N, ...), of images (N, H, W, 3), N >= 1."""

    def close(self) -> None:
        """Give back memory and threads; a second time is allowed."""


class NetworkReader(Protocol):
    """What an engine reads of a file."""

    @property
    def inputs(self) -> Sequence[Port]:
        """As the file states them."""

    @property
    def outputs(self) -> Sequence[Port]:
        """As the file states them."""

    def compiled(self, fit: Fit, image: ImageInput) -> FileNetwork:
        """The network for images of one size, without outputs that nobody wants."""
