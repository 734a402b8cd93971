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

"""TFLite files by LiteRT, the runtime that they were made for (``ai-edge-litert``)."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import missing_package
from frankmocap_ros.engines.tflite import TfliteModel, TfliteOptions
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.background_import import import_apart


def load_interpreter() -> Callable[..., Any]:
    """The package's interpreter.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if find_spec("ai_edge_litert") is None:
        raise missing_package("litert", "ai-edge-litert")
    import_apart("ai_edge_litert.interpreter")
    from ai_edge_litert.interpreter import Interpreter

    made: Callable[..., Any] = Interpreter
    return made


class LiteRtTflite:
    """One network.

    LiteRT computes every output of the file: segmentation takes a third of the landmark network's time.

    Raises:
        EstimatorError: the file cannot be read, or has other inputs or outputs.
        MissingDependencyError: LiteRT is not installed.
    """

    engine = "litert"

    def __init__(self, model: TfliteModel, options: TfliteOptions) -> None:
        make = load_interpreter()
        try:
            self._interpreter = make(model_path=str(model.path), num_threads=options.threads)
            self._interpreter.allocate_tensors()
            (image,) = self._interpreter.get_input_details()
            outputs = self._interpreter.get_output_details()
            self._outputs = [outputs[i]["index"] for i in model.outputs]
        except (RuntimeError, ValueError, IndexError) as error:
            raise EstimatorError(f"LiteRT cannot run {model.path}: {error}") from error
        shape = tuple(image["shape"])
        if shape != (1, model.side_px, model.side_px, 3):
            raise EstimatorError(
                f"{model.path} takes images of shape {shape}, expected "
                f"(1, {model.side_px}, {model.side_px}, 3)"
            )
        self._input = image["index"]
        self._scale, self._low = np.float32((model.high - model.low) / 255.0), np.float32(model.low)

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[list[NDArray[np.float32]]]:
        """See ``TfliteNetwork``; the images are run one after the other."""
        return [self._run(image) for image in images]

    def _run(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input, (image * self._scale + self._low)[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(i)[0] for i in self._outputs]

    def close(self) -> None:
        """See ``TfliteNetwork``; a second time is allowed."""
        self._interpreter = None
