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

"""TFLite files by OpenVINO's own reader, without the outputs that nobody wants."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.openvino import core, cpu_settings, load_openvino
from frankmocap_ros.engines.tflite import TfliteModel, TfliteOptions
from frankmocap_ros.errors import EstimatorError


class OpenVinoTflite:
    """One network, compiled for one image at a time.

    Pixels are scaled inside the network: 8 bits go in, so that no float image is made in Python.

    Raises:
        EstimatorError: the file cannot be read, or has other inputs or outputs.
        MissingDependencyError: OpenVINO is not installed.
    """

    engine = "openvino"

    def __init__(self, model: TfliteModel, options: TfliteOptions) -> None:
        self._ov = ov = load_openvino()
        side = model.side_px
        try:
            whole = core().read_model(model.path)
            whole.reshape([1, side, side, 3])
            wanted = [whole.results[i].input_value(0) for i in model.outputs]
            network = self._of_pixels(ov.Model(wanted, whole.get_parameters()), model)
            self._compiled = core().compile_model(network, "CPU", cpu_settings("f32", options.threads))
        except (RuntimeError, IndexError, TypeError) as error:
            raise EstimatorError(f"OpenVINO cannot run {model.path}: {error}") from error
        self._requests: list[Any] = []
        self._outputs = range(len(model.outputs))

    def _of_pixels(self, network: Any, model: TfliteModel) -> Any:
        """The network with 8-bit pixels as its input."""
        steps = self._ov.preprocess.PrePostProcessor(network)
        scale = 255.0 / (model.high - model.low)
        steps.input().tensor().set_element_type(self._ov.Type.u8)
        steps.input().preprocess().convert_element_type(self._ov.Type.f32)
        if model.low:
            steps.input().preprocess().mean(-model.low * scale)
        steps.input().preprocess().scale(scale)
        return steps.build()

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[list[NDArray[np.float32]]]:
        """See ``TfliteNetwork``."""
        while len(self._requests) < len(images):  # each has outputs of its own
            self._requests.append(self._compiled.create_infer_request())
        requests = self._requests[: len(images)]
        for request, image in zip(requests, images, strict=True):
            request.set_input_tensor(self._ov.Tensor(image[None], shared_memory=True))
            request.infer()
        return [[request.get_output_tensor(i).data[0] for i in self._outputs] for request in requests]

    def close(self) -> None:
        """See ``TfliteNetwork``; a second time is allowed."""
        self._compiled = None
        self._requests.clear()
