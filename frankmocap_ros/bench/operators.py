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

"""What is seen of an operator over time: somebody who exercises, or a person in a video."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_multiply
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.operator_joints import OperatorJoints, operator_joints
from frankmocap_ros.teleop.operator_state import OperatorState, Poses

RATE_HZ = 30.0
STILL_S = 2.0
"""The exercise begins from a standstill of so long."""
_GROW_S = 2.0  # how long its movements take to become as large as they are
_PERIODS_S = {"left": (4.1, 6.3, 3.1), "right": (4.7, 5.6, 3.4)}  # of swing, lift and bend


def exercise(seconds: float) -> list[OperatorJoints]:
    """Somebody who swings, lifts and bends both arms, each in its own time, as large as arms go [s]."""
    figure = scene("wave", 0.0)[0]
    found = []
    for n in range(round(seconds * RATE_HZ)):
        time_s = n / RATE_HZ
        share = min(max((time_s - STILL_S) / _GROW_S, 0.0), 1.0)
        share *= share * (3.0 - 2.0 * share)
        local = figure.local_rotations_xyzw.copy()
        for side, sign in (("left", 1.0), ("right", -1.0)):
            swing, lift, bend = (
                0.5 * share * (1.0 - math.cos(math.tau * (time_s - STILL_S) / period))
                for period in _PERIODS_S[side]
            )
            shoulder = _product((-1.2 * swing, 0.0, 0.0), (0.0, 0.0, sign * (1.1 * lift - 1.25)))
            local[BODY_WITH_HANDS.index[f"{side}_shoulder"]] = shoulder
            local[BODY_WITH_HANDS.index[f"{side}_elbow"]] = _product((0.0, -sign * (0.3 + 1.2 * bend), 0.0))
        positions, orientations = forward_kinematics(
            BODY_WITH_HANDS, figure.positions[0], local, figure.offsets
        )
        n_joints = len(BODY)
        # nobody is so still that no joint moves at all: an image that is would count as frozen
        trembling = 2e-4 * np.sin(37.0 * time_s + np.arange(3 * n_joints)).reshape(n_joints, 3)
        yes = np.ones(n_joints, dtype=bool)
        poses = Poses(positions[:n_joints] + trembling, orientations[:n_joints], np.ones(n_joints), yes, yes)
        found.append(OperatorJoints(BODY.names, OperatorState(time_s, 1, poses, yes)))
    return found


def _product(*turns: tuple[float, float, float]) -> Array:
    """Rotations as one; the last of them is applied first [rad]."""
    result = quat_from_rotvec(np.array(turns[0]))
    for turn in turns[1:]:
        result = quat_multiply(result, quat_from_rotvec(np.array(turn)))
    return result


def to_and_fro(seen: Sequence[OperatorJoints], seconds: float) -> list[OperatorJoints]:
    """A recorded operator forwards and backwards, again and again, for a given time [s].

    Args:
        seen: the recording; its first image is at 0 s or later.
        seconds: how long.
    """
    step_s = (seen[-1].time_s - seen[0].time_s) / (len(seen) - 1)
    order = [*range(len(seen)), *range(len(seen) - 2, 0, -1)]
    count = round(seconds / step_s)
    return [seen[order[n % len(order)]].at_time(n * step_s) for n in range(count)]


def operators(frames: Iterable[Frame]) -> list[OperatorJoints]:
    """The operator in the frames of a video."""
    return [operator_joints(frame) for frame in frames]
