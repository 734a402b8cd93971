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

"""ONNX, TFLite and OpenVINO's own files by OpenVINO, on the CPU."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import check_bf16
from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.openvino_transposes import transpose_first
from frankmocap_ros.engines.network_files.signature import Fit, Port
from frankmocap_ros.engines.openvino import core, cpu_settings, load_openvino
from frankmocap_ros.errors import AssetError, EstimatorError

_HINTS: Final = {"fp32": "f32", "bf16": "bf16"}
_FAILURES: Final = (RuntimeError, ValueError, TypeError, IndexError, MemoryError)


class OpenVinoReader:
    """Reads one file.

    Raises:
        AssetError: it cannot be read.
        EstimatorError: the precision is not there.
        MissingDependencyError: OpenVINO is not installed.
    """

    def __init__(self, file: NetworkFile, options: NetworkOptions) -> None:
        self._precision = "fp32" if options.precision == "auto" else options.precision
        if self._precision not in _HINTS:
            raise EstimatorError(
                f"precision: openvino runs a network's file in {' or '.join(_HINTS)}, not in "
                f"{self._precision}; allowed: auto | {' | '.join(_HINTS)}"
            )
        if self._precision == "bf16":
            check_bf16()
        self._ov = load_openvino()
        self._options = options
        try:
            self._model = core().read_model(file.path)
            self.inputs = [_port(one) for one in self._model.inputs]
            self.outputs = [_port(one) for one in self._model.outputs]
        except _FAILURES as error:
            raise AssetError(f"cannot be read by OpenVINO: {_first_line(error)}") from error

    def compiled(self, fit: Fit, image: ImageInput) -> "OpenVinoFileNetwork":
        """See ``NetworkReader``."""
        first = fit.signature.channels_first
        shape = [1, 3, image.height, image.width] if first else [1, image.height, image.width, 3]
        whole = self._model
        try:
            if self.inputs[0].shape != tuple(shape):
                whole.reshape(shape)
            wanted = [whole.results[i].input_value(0) for i in fit.outputs]
            cut = self._of_pixels(self._ov.Model(wanted, whole.get_parameters()), image, first)
            transpose_first(self._ov, cut)
            hint, threads = _HINTS[self._precision], self._options.threads
            together = alone = core().compile_model(cut, "CPU", cpu_settings(hint, threads))
            if self._options.several and threads > 1:
                together = core().compile_model(cut, "CPU", cpu_settings(hint, threads, side_by_side=True))
        except _FAILURES as error:
            raise AssetError(
                f"does not run on images of {image.width}x{image.height} px: {_first_line(error)}"
            ) from error
        return OpenVinoFileNetwork(self._ov, alone, together, f"cpu openvino {self._precision}")

    def _of_pixels(self, network: Any, image: ImageInput, channels_first: bool) -> Any:
        """The network with 8-bit pixels, rows before channels, as its input."""
        ov = self._ov
        steps = ov.preprocess.PrePostProcessor(network)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW" if channels_first else "NHWC"))
        if not image.plain:
            process = steps.input().preprocess().convert_element_type(ov.Type.f32)
            process.mean(list(image.mean)).scale(list(image.scale))
        for i in range(len(network.outputs)):
            steps.output(i).tensor().set_element_type(ov.Type.f32)
        return steps.build()


class OpenVinoFileNetwork:
    """One network, for one image at a time, and for several side by side; see ``FileNetwork``.

    Args:
        ov: the package.
        alone: compiled for one image.
        together: compiled for several, or the same where none are expected.
        how: in words.
    """

    def __init__(self, ov: Any, alone: Any, together: Any, how: str) -> None:
        self.how = how
        self.batches = together is not alone
        self._ov = ov
        self._alone = alone.create_infer_request()
        self._together = together
        self._many: list[Any] = []
        self._outputs = range(len(alone.outputs))

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``FileNetwork``."""
        if self._alone is None:
            raise EstimatorError("the network is closed; make another one")
        requests = [self._alone] if len(images) == 1 else self._requests(len(images))
        # libraries take no memory that cannot be written, although they do not write there
        pixels = np.require(images, requirements=("C", "W"))
        for i, request in enumerate(requests):
            request.set_input_tensor(self._ov.Tensor(pixels[i : i + 1], shared_memory=True))
        if len(requests) == 1:
            self._alone.infer()  # in this thread: nobody has to be woken
        else:
            for request in requests:
                request.start_async()
            for request in requests:
                request.wait()
        return [np.concatenate([r.get_output_tensor(i).data for r in requests]) for i in self._outputs]

    def _requests(self, n: int) -> list[Any]:
        """One for each image, so that none overwrites another's outputs."""
        self._many += [self._together.create_infer_request() for _ in range(n - len(self._many))]
        return self._many[:n]

    def close(self) -> None:
        """See ``FileNetwork``."""
        self._alone = self._together = None
        self._many.clear()


def _port(one: Any) -> Port:
    partial = one.partial_shape
    shape = (
        None
        if partial.rank.is_dynamic
        else tuple(int(d.get_length()) if d.is_static else None for d in partial)
    )
    names = tuple(sorted(one.get_names())) or (str(one.get_node().get_friendly_name()),)
    return Port(names, shape, str(one.get_element_type().get_type_name()))


def _first_line(error: BaseException) -> str:
    """What an engine says, without the places in its own sources."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Exception from", "Check '"))] or lines
    return (told or [type(error).__name__])[0][:300]
