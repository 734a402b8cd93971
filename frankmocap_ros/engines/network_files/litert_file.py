"""TFLite files by LiteRT, the runtime that they were made for (``ai-edge-litert``)."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import missing_package
from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.signature import Port
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.runtime.background_import import import_apart

_FAILURES = (RuntimeError, ValueError, IndexError, TypeError, MemoryError)


def _interpreter() -> Callable[..., Any]:
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


class LiteRtReader:
    """Reads one file.

    LiteRT computes every output of it: segmentation takes a third of the time of BlazePose's landmarks.

    Raises:
        AssetError: it cannot be read.
        EstimatorError: the precision is not there.
        MissingDependencyError: LiteRT is not installed.
    """

    def __init__(self, file: NetworkFile, options: NetworkOptions) -> None:
        if options.precision not in ("auto", "fp32"):
            raise EstimatorError("precision: litert runs a file as it is; allowed: auto | fp32")
        make = _interpreter()
        try:
            self._interpreter = make(model_path=str(file.path), num_threads=options.threads)
            self.inputs = [_port(one) for one in self._interpreter.get_input_details()]
            self.outputs = [_port(one) for one in self._interpreter.get_output_details()]
        except _FAILURES as error:
            raise AssetError(f"cannot be read by LiteRT: {str(error)[:300]}") from error

    def compiled(self, outputs: Sequence[int], image: ImageInput) -> "LiteRtFileNetwork":
        """See ``NetworkReader``."""
        try:
            (stated,) = self._interpreter.get_input_details()
            self._interpreter.resize_tensor_input(stated["index"], image.shape)
            self._interpreter.allocate_tensors()
            details = self._interpreter.get_output_details()
            return LiteRtFileNetwork(self._interpreter, [details[i]["index"] for i in outputs], image)
        except _FAILURES as error:
            raise AssetError(
                f"does not run on images of {image.width}x{image.height} px: {str(error)[:300]}"
            ) from error


class LiteRtFileNetwork:
    """One network; see ``FileNetwork``."""

    engine = "litert"
    how = "cpu litert fp32"
    batches = False

    def __init__(self, interpreter: Any, outputs: Sequence[int], image: ImageInput) -> None:
        self._interpreter, self._outputs, self._image = interpreter, outputs, image
        (stated,) = interpreter.get_input_details()
        self._input, self._kind = stated["index"], stated["dtype"]
        self._mean, self._scale = np.array(image.mean, np.float32), np.array(image.scale, np.float32)

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``FileNetwork``."""
        if self._interpreter is None:
            raise EstimatorError("the network is closed; make another one")
        each = [self._run(images[i : i + 1]) for i in range(len(images))]
        return each[0] if len(each) == 1 else [np.concatenate(one) for one in zip(*each, strict=True)]

    def _run(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        pixels: NDArray[np.generic] = image if self._image.plain else (image - self._mean) / self._scale
        if self._image.channels_first:
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
