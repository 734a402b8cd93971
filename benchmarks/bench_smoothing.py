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

"""Time of one frame of smoothing: 54 positions and 54 rotations, as with both hands.

Run: ``python benchmarks/bench_smoothing.py``
"""

import time

import numpy as np

from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, normalize
from frankmocap_ros.one_euro import OneEuro, OneEuroQuaternion, OneEuroVector

JOINTS = 54
FRAMES = 5000
RATE_HZ = 30.0


def main() -> None:
    """Print p50, p95 and p99 of positions, rotations and both together [ms]."""
    rng = np.random.default_rng(0)
    positions = rng.normal(0.0, 0.01, (FRAMES, JOINTS, 3))
    rotations = normalize(rng.normal(0.0, 0.02, (FRAMES, JOINTS, 4)) + IDENTITY_XYZW)
    valid = np.ones(JOINTS, dtype=bool)
    params = OneEuro(1.5, 3.0, 1.0)
    vector, quaternion = OneEuroVector(JOINTS, params), OneEuroQuaternion(JOINTS, params)
    times_s = np.empty((FRAMES, 3))
    for k in range(FRAMES):
        times_s[k, 0] = time.perf_counter()
        vector.filter(positions[k], k / RATE_HZ, valid)
        times_s[k, 1] = time.perf_counter()
        quaternion.filter(rotations[k], k / RATE_HZ, valid)
        times_s[k, 2] = time.perf_counter()
    spent_ms = 1e3 * np.column_stack([np.diff(times_s, axis=1), times_s[:, 2] - times_s[:, 0]])
    for name, column in zip(("positions", "rotations", "both"), spent_ms[100:].T, strict=True):
        p50, p95, p99 = np.percentile(column, (50, 95, 99))
        print(f"{name:10s} p50 {p50:.3f} ms  p95 {p95:.3f} ms  p99 {p99:.3f} ms")


if __name__ == "__main__":
    main()
