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
