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

"""Runs TFLite files by the fastest engine that is installed; each gives TFLite's own numbers in float32."""

from importlib import import_module
from importlib.metadata import version
from typing import Final

from frankmocap_ros.engines.openvino import load_openvino
from frankmocap_ros.engines.tflite import TfliteModel, TfliteNetwork, TfliteOptions
from frankmocap_ros.engines.tflite_installed import TFLITE_ENGINES, tflite_engine
from frankmocap_ros.engines.tflite_litert import LiteRtTflite
from frankmocap_ros.engines.tflite_openvino import OpenVinoTflite

_CLASSES: Final[dict[str, type[OpenVinoTflite] | type[LiteRtTflite]]] = {
    "openvino": OpenVinoTflite,
    "ai_edge_litert": LiteRtTflite,
}


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
    return _CLASSES[module].engine, version(TFLITE_ENGINES[module])


def load_tflite(model: TfliteModel, options: TfliteOptions | None = None) -> TfliteNetwork:
    """The network, ready to run by the fastest engine that is installed.

    Args:
        model: which.
        options: how.

    Raises:
        EstimatorError: the file is no network of that kind.
        MissingDependencyError: nothing that runs it is installed.
    """
    return _CLASSES[tflite_engine()](model, options or TfliteOptions())
