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

"""Run one network on one device: torch, OpenVINO, ONNX Runtime, TensorRT."""

__all__ = [
    "asked",
    "available",
    "base",
    "breaking",
    "choice",
    "compiled",
    "cuda_graph",
    "cuda_state",
    "export",
    "gpu_packages",
    "int8",
    "judging",
    "kept",
    "measuring",
    "network_files",
    "onnxruntime",
    "openvino",
    "question",
    "remembered",
    "state_dict",
    "tensorrt",
    "tensorrt_plan",
    "tflite",
    "tflite_choice",
    "tflite_installed",
    "tflite_litert",
    "tflite_openvino",
    "torch",
    "torch_device",
    "torch_internals",
]
