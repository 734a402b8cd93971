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

"""MediaPipe's own Python package, in an environment of its own: a row to compare BlazePose with."""

import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from frankmocap_ros.bench.rows import NOTHING, Sample
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.imaging.camera_image import CameraImage

NAME: Final = "mediapipe-package"
_HEADER: Final = struct.Struct("<II")  # height and width of the BGR image that follows
_ANSWER: Final = struct.Struct("<d?")  # time from the image to the result [ms], whether somebody was seen
_PROGRAM: Final = """
import os, struct, sys, time
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
import cv2
import mediapipe
import numpy as np
pose = mediapipe.solutions.pose.Pose(static_image_mode=False, model_complexity=1, smooth_landmarks=False)
while header := sys.stdin.buffer.read(8):
    height, width = struct.unpack("<II", header)
    bgr = np.frombuffer(sys.stdin.buffer.read(height * width * 3), np.uint8).reshape(height, width, 3)
    start_s = time.perf_counter()
    seen = pose.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).pose_world_landmarks is not None
    answers.write(struct.pack("<d?", 1e3 * (time.perf_counter() - start_s), seen))
    answers.flush()
"""


def package_python() -> Path:
    """Python of the environment with ``mediapipe``, beside the one that runs; ``make test`` makes it."""
    return Path(sys.prefix) / "mediapipe" / "bin" / "python"


class MediaPipePackage:
    """``mediapipe.solutions.pose`` from image to image, with its full network and without smoothing.

    Only its own time counts, not that of the images' way to its process.

    Raises:
        MissingDependencyError: there is no such environment.
    """

    estimator = NAME
    engine = NOTHING
    precision = NOTHING
    more: Mapping[str, object] = MappingProxyType({})
    frames: Sequence[Frame] = ()

    def __init__(self) -> None:
        python = package_python()
        if not python.is_file():
            raise MissingDependencyError(
                f"no MediaPipe in {python.parents[1]}; with Python 3.10 to 3.12 run: python3 -m venv "
                f"{python.parents[1]} && {python} -m pip install mediapipe==0.10.21"
            )
        self._process = subprocess.Popen(
            [python, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.pid: int | None = self._process.pid

    def process(self, camera_images: Sequence[CameraImage]) -> Sample:
        """The image of the one camera.

        Raises:
            EstimatorError: the package's process has ended.
        """
        (camera_image,) = camera_images
        bgr = camera_image.bitmap.bgr()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(_HEADER.pack(*bgr.shape[:2]))
            self._process.stdin.write(bgr.tobytes())
            self._process.stdin.flush()
            took_ms, seen = _ANSWER.unpack(self._process.stdout.read(_ANSWER.size))
        except (OSError, struct.error) as error:
            raise EstimatorError("the process of the mediapipe package has ended") from error
        return Sample({"regress": took_ms}, took_ms, int(seen))

    def rest(self) -> None:
        """Nothing runs in the background."""

    def close(self) -> None:
        """End the package's process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
