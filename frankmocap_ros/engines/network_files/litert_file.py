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

"""TFLite files by LiteRT, the runtime that they were made for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.signature import Fit, Port
from frankmocap_ros.engines.tflite_litert import load_interpreter
from frankmocap_ros.errors import AssetError, EstimatorError

_FAILURES = (RuntimeError, ValueError, IndexError, TypeError, MemoryError)


class LiteRtReader:
    """Reads one file. LiteRT computes every output of it.

    Raises:
        AssetError: it cannot be read.
        EstimatorError: the precision is not there.
        MissingDependencyError: LiteRT is not installed.
    """

    def __init__(self, file: NetworkFile, options: NetworkOptions) -> None:
        if options.precision not in ("auto", "fp32"):
            raise EstimatorError("precision: litert runs a file as it is; allowed: auto | fp32")
        make = load_interpreter()
        try:
            self._interpreter = make(model_path=str(file.path), num_threads=options.threads)
            self.inputs = [_port(one) for one in self._interpreter.get_input_details()]
            self.outputs = [_port(one) for one in self._interpreter.get_output_details()]
        except _FAILURES as error:
            raise AssetError(f"cannot be read by LiteRT: {str(error)[:300]}") from error

    def compiled(self, fit: Fit, image: ImageInput) -> "LiteRtFileNetwork":
        """See ``NetworkReader``."""
        first = fit.signature.channels_first
        shape = [1, 3, image.height, image.width] if first else [1, image.height, image.width, 3]
        try:
            self._interpreter.resize_tensor_input(self._interpreter.get_input_details()[0]["index"], shape)
            self._interpreter.allocate_tensors()
        except _FAILURES as error:
            raise AssetError(
                f"does not run on images of {image.width}x{image.height} px: {str(error)[:300]}"
            ) from error
        return LiteRtFileNetwork(self._interpreter, fit, image)


class LiteRtFileNetwork:
    """One network; see ``FileNetwork``."""

    batches = False
    how = "cpu litert fp32"

    def __init__(self, interpreter: Any, fit: Fit, image: ImageInput) -> None:
        self._interpreter = interpreter
        (stated,) = interpreter.get_input_details()
        details = interpreter.get_output_details()
        self._input, self._kind = stated["index"], stated["dtype"]
        self._outputs = [details[i]["index"] for i in fit.outputs]
        self._channels_first = fit.signature.channels_first
        self._plain = image.plain
        self._mean, self._scale = np.array(image.mean, np.float32), np.array(image.scale, np.float32)

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``FileNetwork``."""
        if self._interpreter is None:
            raise EstimatorError("the network is closed; make another one")
        each = [self._run(images[i : i + 1]) for i in range(len(images))]
        return each[0] if len(each) == 1 else [np.concatenate(one) for one in zip(*each, strict=True)]

    def _run(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        pixels: NDArray[np.generic] = image if self._plain else (image - self._mean) / self._scale
        if self._channels_first:
            pixels = pixels.transpose(0, 3, 1, 2)
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(pixels, dtype=self._kind))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(i).astype(np.float32) for i in self._outputs]

    def close(self) -> None:
        """See ``FileNetwork``."""
        self._interpreter = None


def _port(one: Any) -> Port:
    stated = one.get("shape_signature", one["shape"])
    shape = tuple(None if side < 0 else int(side) for side in stated)
    return Port((str(one["name"]),), shape, np.dtype(one["dtype"]).name)
