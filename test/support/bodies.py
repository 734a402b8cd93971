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

"""Bodies as an estimator gives them: plain ones, and the synthetic figure's."""

import numpy as np

from frankmocap_ros.body.pose import Body, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS


def plain_body(skeleton=BODY, **fields):
    """A body whose joints are all TRACKED, at the origin and not turned, with some fields changed."""
    n = len(skeleton)
    not_turned = np.tile((0.0, 0.0, 0.0, 1.0), (n, 1))
    plain = {
        "id": 1,
        "estimator": "some",
        "positions": np.zeros((n, 3)),
        "orientations_xyzw": not_turned,
        "local_rotations_xyzw": not_turned,
        "pixels": np.zeros((n, 2)),
        "confidence": np.ones(n),
        "orientation_confidence": np.ones(n),
        "states": np.full(n, JointState.TRACKED, np.uint8),
        "box_xywh": np.zeros(4),
        "scale_source": ScaleSource.ASSUMED_HEIGHT,
    }
    return Body(skeleton=skeleton, **{**plain, **fields})


def body_of(figure, skeleton=BODY_WITH_HANDS, **changes):
    """A figure as a body all of whose joints are TRACKED, with some fields changed."""
    n = len(skeleton)
    seen = {
        "estimator": "figure",
        "positions": figure.positions[:n],
        "orientations_xyzw": figure.orientations_xyzw[:n],
        "local_rotations_xyzw": figure.local_rotations_xyzw[:n],
        "pixels": np.ones((n, 2)),
        "box_xywh": np.ones(4),
    }
    return plain_body(skeleton, **{**seen, **changes})
