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

"""Recordings of the synthetic figure, and what may go wrong with them."""

from dataclasses import replace
from functools import cache

import numpy as np

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.synthetic.human import scene

CAMERA = Camera.from_fov(640, 480, 60.0)


def times(seconds=8.0, rate_hz=50.0, start_s=0.0):
    return start_s + np.arange(round(seconds * rate_hz)) / rate_hz


@cache
def _pose(motion, time_s):
    return scene(motion, time_s)[0]


def figure(times_s, motion="wave", late_s=0.0):
    """The figure of a motion as it was ``late_s`` before each of some times, from its camera."""
    poses = [_pose(motion, float(t - late_s)) for t in times_s]
    positions = np.stack([pose.positions[: len(BODY)] for pose in poses])
    turned = np.stack([pose.orientations_xyzw[: len(BODY)] for pose in poses])
    recording = Recording.of_positions(np.asarray(times_s, float), BODY.names, positions)
    return replace(recording, orientations_xyzw=turned, camera=CAMERA)


def moved(recording, change, *names):
    """The recording with ``change`` added to the positions of some joints, or of all."""
    positions = recording.positions.copy()
    rows = [recording.row(name) for name in names or recording.names]
    positions[:, rows] += change
    return replace(recording, positions=positions)


def standing(times_s, **at):
    """Somebody who does not move: joints with their positions [m]."""
    positions = np.tile(np.array(list(at.values()), float), (len(times_s), 1, 1))
    return replace(Recording.of_positions(np.asarray(times_s, float), tuple(at), positions), camera=CAMERA)
