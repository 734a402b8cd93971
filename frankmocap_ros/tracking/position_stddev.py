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

"""How far each joint may be off, across the line of sight and along it.

Relative to the neck: what moves or scales the whole body, such as its assumed size, is not in it. Along the
line of sight elbows, wrists, knees and ankles have what the depth fit leaves open; the rest is a table. Both
are calibrated on the synthetic bench (``benchmarks/bench_person_filter.py``), whose errors are of the size
measured on people with the full network: 60 to 76 % of the errors within one standard deviation, 92 to 98 %
within two. The same holds of joints that were put into space from such a network's pixels alone: along the
line of sight by a table, and by what the signs of bones leave open.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import FINGERS, KEYPOINTS, Skeleton
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.tracking.depth_fit import FITTED

# Across and along [m]. NaN: along comes from the fit.
_JOINTS: Final = {
    "pelvis": (0.032, 0.014), "spine1": (0.029, 0.012), "spine2": (0.019, 0.008), "spine3": (0.015, 0.006),
    "neck": (0.012, 0.012), "head": (0.011, 0.021), "collar": (0.0065, 0.006), "shoulder": (0.014, 0.018),
    "hip": (0.034, 0.020), "elbow": (0.033, np.nan), "wrist": (0.042, np.nan), "hand": (0.046, np.nan),
    "knee": (0.047, np.nan), "ankle": (0.071, np.nan), "foot": (0.091, np.nan),
}  # fmt: skip
# of joints that follow from pixels alone; along is what is beside the signs that are open
_LIFTED: Final = {
    "pelvis": (0.028, 0.020), "spine1": (0.027, 0.020), "spine2": (0.019, 0.013), "spine3": (0.014, 0.009),
    "neck": (0.011, 0.010), "head": (0.028, 0.010), "collar": (0.009, 0.009), "shoulder": (0.019, 0.052),
    "hip": (0.029, 0.034), "elbow": (0.052, 0.106), "wrist": (0.051, 0.126), "hand": (0.055, 0.126),
    "knee": (0.047, 0.054), "ankle": (0.021, 0.044), "foot": (0.038, 0.044),
}  # fmt: skip
_ON: Final = {
    "hand": ("wrist", 0.03),
    "foot": ("ankle", 0.05),
}  # whose depth they have, and how far off that is
_FINGER: Final = ("wrist", 0.04)
_OF_FIT: Final = 1.06  # errors of the fit's depths as a multiple of what its terms leave open
_UNSEEN: Final = 6.0


@lru_cache(maxsize=8)
def _table(skeleton: Skeleton, lifted: bool) -> tuple[Array, NDArray[np.intp], Array]:
    """Across and along (J, 2); row of ``FITTED`` that gives along (J,), else -1; what is added to it (J,)."""
    stddev = np.empty((len(skeleton), 2))
    joints = _LIFTED if lifted else _JOINTS
    rows, added = np.full(len(skeleton), -1), np.zeros(len(skeleton))
    order = [KEYPOINTS[k] for k in FITTED]
    for j, name in enumerate(skeleton.names):
        side, _, part = name.rpartition("_")
        if part.startswith(FINGERS):
            (on, added[j]), stddev[j] = _FINGER, joints["hand"]
        else:
            (on, added[j]), stddev[j] = _ON.get(part, (part, 0.0)), joints[part]
        if np.isnan(_JOINTS[on if part.startswith(FINGERS) else part][1]):
            rows[j] = order.index(f"{side}_{on}")
            added[j] = np.hypot(added[j], stddev[j, 1]) if lifted else added[j]
    return stddev, rows, added


def position_stddev(
    skeleton: Skeleton, depth_stddev: Array, confidence: Array, lifted: bool = False
) -> Array:
    """Standard deviations (J, 2), across (in each of the two directions) and along the line of sight [m].

    Args:
        skeleton: the J joints.
        depth_stddev: shape (12,), of the depths in the order of ``FITTED`` [m].
        confidence: shape (J,): what is badly seen is far worse known.
        lifted: whether the joints follow from pixels alone.
    """
    table, rows, added = _table(skeleton, lifted)
    result = table.copy()
    fitted = rows >= 0
    of_fit = 1.0 if lifted else _OF_FIT
    result[fitted, 1] = np.hypot(of_fit * depth_stddev[rows[fitted]], added[fitted])
    return np.asarray(result * (1.0 + _UNSEEN * (1.0 - confidence) ** 2)[:, None])
