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

"""Runs a network in fewer bits and in float32 on the same crops, in another process with low priority."""

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.engines.available import Option, make
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.judging import compared
from frankmocap_ros.engines.question import Comparison
from frankmocap_ros.estimators.frankmocap.augmented_crops import Pixels
from frankmocap_ros.estimators.frankmocap.joint_judge import JointJudge
from frankmocap_ros.estimators.frankmocap.regressors import regressor_of
from frankmocap_ros.runtime.low_priority_child import LowPriorityChild, give_way, start_of

_LONGEST_S: Final = 1800.0  # TensorRT takes minutes
_FOUND: Final = "frankmocap_ros compared: "  # begins the line that is not some library's
_START: Final = start_of("frankmocap_ros.estimators.frankmocap.camera_comparison")


@dataclass(frozen=True)
class Job:
    """What is to be compared, ready for JSON.

    Attributes:
        network: ``body_smpl``, ``body_smplx`` or ``hand``.
        folder: FrankMocap's files.
        option, exact: engine, precision, device and variant of both.
        where: device, threads, batch, largest and cache of ``EngineOptions``.
    """

    network: str
    folder: str
    option: dict[str, Any]
    exact: dict[str, Any]
    where: dict[str, Any]

    @staticmethod
    def of(network: str, folder: Path, comparison: Comparison, options: EngineOptions) -> "Job":
        """The job for a comparison."""
        option, exact = comparison.option.record, comparison.exact.record
        where = {name: getattr(options, name) for name in ("device", "threads", "batch", "largest")}
        return Job(network, str(folder), option, exact, {**where, "cache": str(options.cache)})

    def run(self, crops: Pixels) -> JointError:
        """Compare, here.

        Raises:
            MocapError: one of them cannot run.
        """
        options = EngineOptions(**{**self.where, "cache": Path(self.where["cache"])})
        store = AssetStore(Path(self.folder))
        regressor = regressor_of(store, self.network)
        judge = JointJudge(store, regressor, lambda: crops)
        with contextlib.ExitStack() as stack:
            engine, exact = (
                stack.enter_context(contextlib.closing(make(regressor.trunk, Option(**which), options)))
                for which in (self.option, self.exact)
            )
            return compared(judge, engine, exact, crops, options.batch)


class CameraComparison:
    """One comparison.

    Args:
        job: what to compare.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._child = LowPriorityChild(_START, _LONGEST_S)

    def run(self, crops: Sequence[Pixels]) -> JointError | str:
        """The error on these crops, each (224, 224, 3); or why there is none."""
        pixels = np.stack(crops)
        head = json.dumps({"job": asdict(self._job), "shape": pixels.shape})
        lines: list[str] = []
        self._child.run(head.encode() + b"\n" + pixels.tobytes(), lines.append)
        for line in lines:
            if line.startswith(_FOUND):
                answer = json.loads(line.removeprefix(_FOUND))
                return str(answer["failed"]) if "failed" in answer else JointError(**answer)
        return "its process ended without an answer"

    def close(self) -> None:
        """End it."""
        self._child.close()


def main() -> int:
    """Do the job on standard input, and tell the error on standard output."""
    head = json.loads(sys.stdin.buffer.readline())
    shape = tuple(head["shape"])
    crops = np.frombuffer(sys.stdin.buffer.read(int(np.prod(shape))), np.uint8).reshape(shape)
    give_way(sys.stdin.buffer)
    try:
        answer = asdict(Job(**head["job"]).run(crops))
    except Exception as error:  # whatever it is, it is told
        answer = {"failed": f"{type(error).__name__}: {error}"}
    print(_FOUND + json.dumps(answer), flush=True)
    os._exit(0)  # past the thread that still reads
