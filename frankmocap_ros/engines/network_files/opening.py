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

"""From a path to a network that runs: checked, read by an engine that is here, and tried once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import missing_package
from frankmocap_ros.engines.network_files.checked_path import NetworkFile, checked_path
from frankmocap_ros.engines.network_files.litert_file import LiteRtReader
from frankmocap_ros.engines.network_files.network import (
    FileNetwork,
    ImageInput,
    NetworkOptions,
    NetworkReader,
)
from frankmocap_ros.engines.network_files.onnxruntime_file import OnnxRuntimeReader, cuda_here
from frankmocap_ros.engines.network_files.openvino_file import OpenVinoReader
from frankmocap_ros.engines.network_files.signature import Fit, Port, Signature, agreeing, fitted
from frankmocap_ros.errors import AssetError, EstimatorError, MissingDependencyError
from frankmocap_ros.runtime.file_names import printable

_READERS: Final[dict[str, Callable[[NetworkFile, NetworkOptions], NetworkReader]]] = {
    "openvino": OpenVinoReader,
    "onnxruntime": partial(OnnxRuntimeReader, provider="cpu"),
    "onnxruntime cuda": partial(OnnxRuntimeReader, provider="cuda"),
    "tensorrt": partial(OnnxRuntimeReader, provider="tensorrt"),
    "litert": LiteRtReader,
}
_MODULES: Final = {"openvino": "openvino", "onnxruntime": "onnxruntime", "litert": "ai_edge_litert"}
# engines that read a format on a CPU, the fastest first
_ON_CPU: Final = {
    "ONNX": ("openvino", "onnxruntime"),
    "TFLite": ("openvino", "litert"),
    "OpenVINO": ("openvino",),
}
_GRAY: Final = 128


class OpenedNetwork:
    """A file that fits what an estimator needs.

    Attributes:
        fit: how.
    """

    def __init__(self, path: Path, reader: NetworkReader, fit: Fit) -> None:
        self._path = path
        self._reader = reader
        self.fit = fit

    def compiled(self, image: ImageInput) -> FileNetwork:
        """The network for images of one size, after it ran once on a gray image.

        Raises:
            AssetError: it does not run on them, or does not give what it states.
        """
        with _named(self._path):
            network = self._reader.compiled(self.fit, image)
            try:
                _try(network, self.fit, image)
            except Exception:
                network.close()
                raise
            return network


def open_network(
    path: Path, signatures: Sequence[Signature], options: NetworkOptions | None = None
) -> OpenedNetwork:
    """Read a network's file by the fastest engine that is here, or by the one that is asked for.

    Args:
        path: of an ONNX or TFLite file, of OpenVINO's .xml, or of a folder with one of them.
        signatures: what it may be.
        options: where it runs.

    Raises:
        AssetError: the file is missing, damaged, unsafe or another network; the text says what was expected.
        EstimatorError: engine, device or precision is not possible.
        MissingDependencyError: no engine that reads the file is installed.
    """
    options = options or NetworkOptions()
    with _named(path):
        file = checked_path(path)
        reader = _READERS[_engine(file.format, options)](file, options)
        return OpenedNetwork(path, reader, fitted(reader.inputs, reader.outputs, signatures))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the file's path before what is wrong with it."""
    try:
        yield
    except AssetError as error:
        raise AssetError(f"model: {printable(str(path))} {error}") from error


def _engine(form: str, options: NetworkOptions) -> str:
    """Key in ``_READERS``.

    Raises:
        EstimatorError: the engine does not read the format, or not on that device.
        MissingDependencyError: no engine that reads it is installed.
    """
    asked, device = options.engine, options.device
    possible = (*_ON_CPU[form], *(("tensorrt",) if form == "ONNX" else ()))
    if asked != "auto" and asked not in possible:
        raise EstimatorError(
            f"engine: {asked} does not run {form} files; allowed: auto | {' | '.join(possible)}"
        )
    if asked == "tensorrt":
        return "tensorrt"
    on_cuda = form == "ONNX" and asked in ("auto", "onnxruntime") and device != "cpu"
    if on_cuda and find_spec("onnxruntime") is not None and (device == "cuda" or cuda_here()):
        return "onnxruntime cuda"
    if device == "cuda":
        raise EstimatorError(
            f"device: no engine here runs {form} files on CUDA with engine: {asked}; allowed: auto | cpu, or "
            "an ONNX file with: pip install onnxruntime-gpu"
        )
    if asked != "auto":
        return asked
    for engine in _ON_CPU[form]:
        if find_spec(_MODULES[engine]) is not None:
            return engine
    raise _no_engine(form)


def _no_engine(form: str) -> MissingDependencyError:
    packages = {"openvino": "openvino", "onnxruntime": "onnxruntime", "litert": "ai-edge-litert"}
    return missing_package(f"for {form} files", " or ".join(packages[e] for e in _ON_CPU[form]))


def _try(network: FileNetwork, fit: Fit, image: ImageInput) -> None:
    """Run once, and look at what comes out.

    Raises:
        AssetError: it does not run, or gives other shapes than stated, or numbers that are not finite.
    """
    gray = np.full((1, image.height, image.width, 3), _GRAY, np.uint8)
    try:
        outputs = network(gray)
    except Exception as error:  # engines raise whatever they like
        raise AssetError(f"does not run: {str(error)[:300]}") from error
    _look(outputs, fit)


def _look(outputs: Sequence[NDArray[np.float32]], fit: Fit) -> None:
    sizes: dict[str, int | None] | None = dict(fit.sizes)
    for needed, output in zip(fit.signature.outputs, outputs, strict=True):
        sizes = agreeing(output.shape, needed, sizes or {})
        if sizes is None:
            found = Port(("output",), output.shape, "float32")
            raise AssetError(f"gives {found}. Expected: {needed}")
        if not np.isfinite(output).all():
            raise AssetError(f"gives numbers that are not finite as {needed.text}; get the file again")
