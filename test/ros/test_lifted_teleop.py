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

"""A robot that follows a person of whom one color camera and a network for pixels are all that is known.

Meters come from lifting alone: no depth, no landmarks in space. Every node is a process of its own.
"""

import importlib.util

import cv2
import pytest

from support.paths import POSENET, TAIJI
from support.program import robot_demo

LACKING = [str(path) for path in (TAIJI, POSENET) if not path.is_file()]
PACKAGES = ("mujoco", "mink", "onnxruntime")
LACKING += [f"package {name}" for name in PACKAGES if not importlib.util.find_spec(name)]

# of images that are 24 a second: a robot's limits of speed, and a busy machine, are another matter
SLOW_HZ = 12.0
GATE = ("calm_speed=9.0", "arming_s=0.3", "max_age_s=1.0")


def slow_video(path, images=300):
    """The person's motion, at half its speed."""
    source, target = cv2.VideoCapture(str(TAIJI)), None
    for _ in range(images):
        image = source.read()[1]
        if target is None:
            target = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), SLOW_HZ, image.shape[1::-1])
        target.write(image)
    target.release()
    return path


@pytest.mark.timed
@pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}")
def test_a_robot_follows_a_person_seen_as_pixels_only(program, tmp_path):
    video = slow_video(tmp_path / "slow.mp4")
    words = ["--source", str(video), "--estimator", "posenet", "--model", str(POSENET), "--duration", "16"]
    found, text = robot_demo(program, *words, *(word for one in GATE for word in ("--gate", one)))
    robot, gate = found["robot"], found["gate"]
    print(robot, gate)
    assert found["estimator"] == "posenet"
    assert found["one_body_ratio"] >= 0.95
    assert gate["states"].get("ENGAGED", 0.0) > 4.0, text
    assert robot["commands"] > 300
    assert robot["limit_violations"] == 0
    for wrist, one in robot["wrists"].items():
        assert one["correlation"] is not None and one["correlation"] >= 0.8, (wrist, one)
