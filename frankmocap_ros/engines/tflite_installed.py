"""Which engine runs TFLite files here, found out without loading any: not even NumPy.

OpenVINO reads them itself, leaves out what nobody wants, and is the fastest on x86; LiteRT
(``ai-edge-litert``) has wheels for every machine.
"""

from importlib.util import find_spec
from typing import Final

from frankmocap_ros.errors import MissingDependencyError

TFLITE_ENGINES: Final = {"openvino": "openvino", "ai_edge_litert": "ai-edge-litert"}
"""Module that is imported -> distribution that brings it, the fastest first."""


def tflite_engine() -> str:
    """The module of the engine that runs TFLite files here.

    Raises:
        MissingDependencyError: none is installed.
    """
    for module in TFLITE_ENGINES:
        if find_spec(module) is not None:
            return module
    raise MissingDependencyError(
        "blazepose needs an engine that runs TFLite files, and none is installed; run: "
        + " or ".join(f"pip install {package}" for package in TFLITE_ENGINES.values())
    )
