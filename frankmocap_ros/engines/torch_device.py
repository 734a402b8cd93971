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

"""Where and in which numbers a network runs."""

from dataclasses import dataclass

import torch

from frankmocap_ros.engines.cuda_state import check_bf16_on_gpu
from frankmocap_ros.errors import EstimatorError

_HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class TorchDevice:
    """Device and numbers of a network.

    Attributes:
        device: such as ``torch.device("cuda")``.
        half: type that the convolutions run in, None for float32. Heads and geometry stay in float32.
    """

    device: torch.device
    half: torch.dtype | None = None

    @property
    def text(self) -> str:
        """In words, such as ``cpu bf16``."""
        names = {dtype: name for name, dtype in _HALVES.items()}
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return f"{name} {names[self.half] if self.half else 'fp32'}"


def choose_torch_device(device: str, precision: str) -> TorchDevice:
    """Device and numbers for the settings ``device`` and ``precision``; auto is float32.

    Nothing compares what fewer bits do to the network that runs here.

    Raises:
        EstimatorError: what is asked for is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise EstimatorError(
            "device: cuda is not there for torch "
            f"{torch.__version__}; allowed: auto | cpu. Look at nvidia-smi, and install torch with CUDA"
        )
    on_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    half = _HALVES.get(precision)
    if half is torch.float16 and not on_gpu:
        raise EstimatorError("precision: fp16 needs device cuda; on a CPU allowed: auto | fp32 | bf16")
    if half is torch.bfloat16 and on_gpu:
        check_bf16_on_gpu()
    return TorchDevice(torch.device("cuda" if on_gpu else "cpu"), half)
