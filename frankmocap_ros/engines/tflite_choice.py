"""Runs BlazePose's TFLite files by the fastest engine here; each gives TFLite's own numbers in float32."""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.litert_file import LiteRtReader
from frankmocap_ros.engines.network_files.network import FileNetwork, ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.openvino_file import OpenVinoReader
from frankmocap_ros.engines.openvino import load_openvino
from frankmocap_ros.engines.tflite_installed import TFLITE_ENGINES, tflite_engine
from frankmocap_ros.errors import AssetError

_READERS: Final[dict[str, type[OpenVinoReader] | type[LiteRtReader]]] = {
    "openvino": OpenVinoReader,
    "ai_edge_litert": LiteRtReader,
}
_NAMES: Final = {"openvino": "openvino", "ai_edge_litert": "litert"}


def engine_version() -> tuple[str, str]:
    """The engine that runs TFLite files here, and its version; it is imported.

    Raises:
        ImportError: its libraries do not load.
        MissingDependencyError: none is installed.
    """
    module = tflite_engine()
    if module == "openvino":
        load_openvino()
    else:
        import_module("ai_edge_litert.interpreter")
    return _NAMES[module], version(TFLITE_ENGINES[module])


def load_tflite(
    path: Path, outputs: Sequence[int], image: ImageInput, options: NetworkOptions | None = None
) -> FileNetwork:
    """The network, ready to run by the fastest engine that is installed.

    Args:
        path: of the file, whose content was checked.
        outputs: numbers of the outputs that are wanted.
        image: what it takes.
        options: how it runs.

    Raises:
        AssetError: the file is no network of that kind.
        MissingDependencyError: nothing that runs it is installed.
    """
    reader = _READERS[tflite_engine()]
    try:
        return reader(NetworkFile(path, "TFLite"), options or NetworkOptions()).compiled(outputs, image)
    except AssetError as error:
        raise AssetError(f"{path} {error}") from error
