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

"""Networks in files of the user's own: checked before they are read, and run by an engine that is here.

``opening.open_network`` is the way in. A file is looked at first (``checked_path``, ``onnx_structure``), then
an engine reads it, and what it states of inputs and outputs is compared with what an estimator needs
(``signature``).
"""

__all__ = [
    "checked_path",
    "litert_file",
    "network",
    "onnx_structure",
    "onnxruntime_file",
    "opening",
    "openvino_file",
    "openvino_transposes",
    "signature",
]
