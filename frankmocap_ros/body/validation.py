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

"""Whether what is estimated of a person consists of numbers."""

import math

import numpy as np

from frankmocap_ros.body.pose import Body, KeypointPose, Observation, PixelPose
from frankmocap_ros.geometry.rotation import dot


def observation_is_finite(observation: Observation) -> bool:
    """Whether every number that an estimator gives is one."""
    pose, region = observation.pose, observation.region
    arrays = [pose.confidence, observation.box_xywh]
    if isinstance(pose, KeypointPose):
        arrays += [pose.points]
    elif isinstance(pose, PixelPose):
        arrays += [pose.pixels]
    else:
        arrays += [pose.root_position, pose.local_rotations, pose.offsets]
    if observation.betas is not None:
        arrays += [observation.betas]
    hands = [hand for hand in observation.hands if hand is not None]
    arrays += [hand.points for hand in hands]
    numbers = [observation.score, *(hand.confidence for hand in hands)]
    if region is not None:
        numbers += [*region.center_px.tolist(), region.side_px, region.rotation_rad]
    return all(map(math.isfinite, numbers)) and all(bool(np.isfinite(a).all()) for a in arrays)


def body_is_finite(body: Body) -> bool:
    """Whether every number of a body is one, and every rotation is of unit length within 1e-6.

    Standard deviations that are not known are NaN, and no fault.
    """
    rotations = np.concatenate([body.orientations_xyzw, body.local_rotations_xyzw])
    squares = dot(rotations, rotations)
    return bool(
        np.isfinite(body.positions).all()
        and np.isfinite(body.pixels).all()
        and np.isfinite(body.box_xywh).all()
        and all(np.isfinite(hand.points).all() and math.isfinite(hand.confidence) for hand in body.hands)
        and not np.isinf(body.position_stddev).any()
        and np.all(np.abs(squares - 1.0) < 1e-6)
    )
