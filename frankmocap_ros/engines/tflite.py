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

"""Networks in TFLite files: what is run, and what an engine for them is.

``engines/tflite_choice.py`` takes the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.runtime.machine import cores


@dataclass(frozen=True)
class TfliteModel:
    """A network with one image as its input.

    Attributes:
        path: of the file, whose content was checked.
        outputs: numbers of the outputs that are wanted; what only the others need is not computed where the
            engine can cut it.
        side_px: sides of the square image.
        low, high: what the pixel values 0 and 255 become.
    """

    path: Path
    outputs: tuple[int, ...]
    side_px: int
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class TfliteOptions:
    """How a network is run.

    Attributes:
        threads: how many; one runs in the thread that calls, with its priority.
    """

    threads: int = field(default_factory=cores)


class TfliteNetwork(Protocol):
    """Runs one network in float32, for one thread at a time.

    Attributes:
        engine: in words, such as ``openvino``.
    """

    engine: str

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[list[NDArray[np.float32]]]:
        """The wanted outputs of each RGB image, shape (side, side, 3); the next call overwrites them.

        Images are run one after the other. On two cores neither a graph for several at once nor a copy of the
        network with a thread for each image is faster (two images in 5.4 ms all ways, one in 3.3).
        """

    def close(self) -> None:
        """Give back memory and threads."""
