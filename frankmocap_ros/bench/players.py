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

"""What a row's process runs: the pipelines as the node has them, back to back."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from frankmocap_ros.bench.combinations import Combination, ran
from frankmocap_ros.bench.rows import Sample
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.estimators.base import NetworkPrecision
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.runtime.malloc import give_back_freed_memory
from frankmocap_ros.tracking.background_detection import BackgroundDetection, DetectionThread
from frankmocap_ros.tracking.pipeline import Pipeline, process_together

_REST_S = 5.0  # for a search that is under way, at most


def joint_errors(precisions: Sequence[NetworkPrecision]) -> dict[str, object]:
    """How far networks in fewer bits move joints, as further numbers of a row; none where all are float32."""
    found: dict[str, object] = {}
    for one in precisions:
        if one.error is not None:
            found |= {
                f"{one.network}_joints_mean_mm": round(one.error.mean_mm, 3),
                f"{one.network}_joints_p99_mm": round(one.error.p99_mm, 3),
                f"{one.network}_joints_seen_on": one.seen,
            }
        elif one.precision != "fp32":
            found[f"{one.network}_joints_seen_on"] = "nobody"
    return found


class Player(Protocol):
    """Processes what all cameras took at one instant."""

    estimator: str
    engine: str
    precision: str
    pid: int | None  # of the process whose memory counts, None for this one
    more: Mapping[str, object]
    frames: Sequence[Frame]  # of the last instant, one a camera; none where a player has no bodies

    def process(self, camera_images: Sequence[CameraImage]) -> Sample:
        """One image of each camera."""

    def rest(self) -> None:
        """Wait until nothing runs in the background."""

    def close(self) -> None:
        """Give back memory and threads."""


class FollowingPipelines:
    """Pipelines that share an estimator, and look for people in the background where the node does.

    Args:
        combination: what to run.
        tell: told what takes long.

    Raises:
        MocapError: it cannot run here.
    """

    def __init__(self, combination: Combination, tell: Callable[[str], None]) -> None:
        config = combination.config
        self.pid: int | None = None
        self._together = combination.together
        self._estimator = make_estimator(config, tell)
        self.estimator = self._estimator.name
        self.engine, self.precision = ran(self._estimator.capabilities.device)
        self.more: Mapping[str, object] = joint_errors(self._estimator.capabilities.precisions)
        self.frames: Sequence[Frame] = ()
        self._estimator.warm_up()
        give_back_freed_memory()
        clock = time.perf_counter
        cameras = range(combination.cameras)
        self._thread: DetectionThread | None = None
        self._searches: list[BackgroundDetection] = []
        if self._estimator.capabilities.detects_apart:
            self._thread = thread = DetectionThread(self._estimator, clock)
            self._searches = [BackgroundDetection(thread) for _ in cameras]
        self._pipelines = [
            Pipeline(self._estimator, config, clock, search=self._searches[i] if self._searches else None)
            for i in cameras
        ]

    def process(self, camera_images: Sequence[CameraImage]) -> Sample:
        """One image of each camera, in a batch or one after the other."""
        start_s = time.perf_counter()
        if self._together:
            frames = process_together(self._pipelines, camera_images)
        else:
            frames = [
                p.process(camera_image)
                for p, camera_image in zip(self._pipelines, camera_images, strict=True)
            ]
        total_ms = 1e3 * (time.perf_counter() - start_s)
        self.frames = frames
        return Sample(self._stages(frames), total_ms, max(len(frame.bodies) for frame in frames))

    def rest(self) -> None:
        """Wait for searches that are under way."""
        for search in self._searches:
            search.wait_until_done(_REST_S)

    def close(self) -> None:
        """End the search's thread and the estimator."""
        if self._thread is not None:
            self._thread.close()
        with contextlib.suppress(Exception):
            self._estimator.close()

    def _stages(self, frames: Sequence[Frame]) -> dict[str, float]:
        """Time per stage; of several cameras the sum, but a batch is one."""
        total: dict[str, float] = {}
        for frame in frames:
            for name, ms in frame.stages_ms.items():
                if not (name == "regress" and self._together):
                    total[name] = total.get(name, 0.0) + ms
                else:
                    total[name] = ms
        return total
