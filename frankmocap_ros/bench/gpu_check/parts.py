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

"""The parts of the check in their order; the process of one of them."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final

from frankmocap_ros.bench.gpu_check import engine_parts, frame_part, torch_parts
from frankmocap_ros.bench.gpu_check.check import Check, Job


@dataclass(frozen=True)
class Part:
    """One process.

    Attributes:
        run: what it does.
        limit_s: the longest that it may take [s].
        on_cpu: whether it can be rehearsed there.
        standin: whether it needs stand-in weights.
    """

    run: Callable[[Check], None]
    limit_s: float
    on_cpu: bool = False
    standin: bool = False


MACHINE: Final = "machine"
PARTS: Final[Mapping[str, Part]] = {
    MACHINE: Part(torch_parts.machine, 60.0, on_cpu=True),
    "torch eager": Part(torch_parts.eager, 60.0, on_cpu=True),
    "torch graph": Part(torch_parts.graphs, 60.0),
    "threads": Part(torch_parts.threads, 60.0),
    "frames": Part(frame_part.frames, 120.0, on_cpu=True, standin=True),
    "tensorrt fp16": Part(engine_parts.tensorrt("fp16"), 150.0),
    "tensorrt bf16": Part(engine_parts.tensorrt("bf16"), 120.0),
    "tensorrt fp32": Part(engine_parts.tensorrt("fp32"), 120.0),
    "onnxruntime": Part(engine_parts.onnxruntime, 150.0, on_cpu=True),
    "torch compile": Part(torch_parts.compiled, 180.0, on_cpu=True),
    "auto": Part(engine_parts.auto, 240.0, on_cpu=True),
}


def main(text: str) -> int:
    """Do the job; lines of JSON on standard output, whatever libraries print on the errors' output."""
    out: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(line: Mapping[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    job = Job(**json.loads(text))
    try:
        PARTS[job.part].run(Check(job, send))
    except Exception as error:  # whatever a library does, it is this part's error
        send({"kind": "step", "name": job.part, "ok": False, "text": f"{type(error).__name__}: {error}"})
        return 1
    return 0
