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

"""What standard deviations of the operator's joints mean for following them.

Standard deviations are those of ``JointPose.msg``, shape (N, 2): across the line of sight and along it [m];
NaN where unknown. A joint of which nothing is known is followed as if it were certain.
"""

import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.settings.gate import GateSettings


def depth_shares(stddev: Array, config: GateSettings) -> Array:
    """How much of the joints' motion along the line of sight counts, shape (N,), 0..1."""
    if config.depth_mode == "scaled":
        ratio = stddev[:, 1] / config.depth_half_stddev_m
        return np.where(np.isnan(ratio), 1.0, 1.0 / (1.0 + ratio * ratio))
    return np.full(len(stddev), 0.0 if config.depth_mode == "locked" else 1.0)


def followed_stddev(stddev: Array, config: GateSettings) -> Array:
    """How far joints may be off in the directions in which they are followed, shape (N,) [m].

    The greater one of both standard deviations, the one along the line of sight as far as motion along it
    counts; NaN where neither is known.
    """
    with np.errstate(invalid="ignore"):
        return np.fmax(stddev[:, 0], depth_shares(stddev, config) * stddev[:, 1])


def too_uncertain(off: Array, config: GateSettings) -> Mask:
    """Which joints are not to be followed, shape (N,).

    Args:
        off: of ``followed_stddev``, shape (N,) [m].
        config: settings.
    """
    if config.hold_stddev_m == 0.0:
        return np.zeros(len(off), dtype=bool)
    return np.asarray(off > config.hold_stddev_m)


def speed_shares(off: Array, config: GateSettings) -> Array:
    """How much of the maximum speed is allowed, shape (N,), 0..1.

    All of it up to ``slow_stddev_m``. Beyond that it falls linearly to none at ``hold_stddev_m``; where
    that is off, in proportion to one over the standard deviation.

    Args:
        off: of ``followed_stddev``, shape (N,) [m].
        config: settings.
    """
    slow, hold = config.slow_stddev_m, config.hold_stddev_m
    if slow == 0.0:
        return np.ones(len(off))
    known = np.where(np.isnan(off), 0.0, off)
    share = (hold - known) / (hold - slow) if hold > 0.0 else slow / np.maximum(known, slow)
    return np.asarray(share.clip(0.0, 1.0))
