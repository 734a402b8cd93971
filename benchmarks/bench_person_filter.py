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

"""Errors of one person's joints against the synthetic figure, each part alone with the others held fixed.

Run: ``python benchmarks/bench_person_filter.py [sweep]``
"""

import sys
from collections.abc import Mapping
from typing import Any

from frankmocap_ros.bench.person_filter import SCENES, ObservedScene, figures, recorded, run
from frankmocap_ros.settings.mocap import Settings

SEEDS = 3
_ONE = {"across_min_cutoff_hz": 1.5, "across_beta": 3.0, "depth_min_cutoff_hz": 1.5, "depth_beta": 3.0}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "network": {"smoothing": "none", "bones": "network"},
    "one filter": {"bones": "network", **_ONE},
    "split": {"bones": "network"},
    "bones": {**_ONE},
    "both": {},
}


def line(name: str, config: Settings, seen: Mapping[str, list[ObservedScene]]) -> str:
    """One row of the table."""
    runs = {key: [run(one, config) for one in recordings] for key, recordings in seen.items()}
    f = figures([r for rs in runs.values() for r in rs], runs["reach"] + runs["desk"])
    scenes = " ".join(f"{figures(rs).wrist_mm:5.0f}" for rs in runs.values())
    within = " ".join(f"{100 * x:3.0f}" for x in f.within)
    return (
        f"{name:24s} {f.wrist_mm:5.0f} {f.across_mm:6.0f} {f.along_mm:6.0f} {100 * f.bones:6.1f} "
        f"{f.rest_mm:6.1f} {f.lag_ms:5.0f} {f.acceleration:6.1f} {f.step_deg:5.0f}  {within}  {scenes}"
    )


def sweep() -> dict[str, Mapping[str, Any]]:
    """Filters across and along the line of sight, with fitted bones."""
    return {
        f"across {a}, {b} along {c}, {d}": {
            "across_min_cutoff_hz": a, "across_beta": b, "depth_min_cutoff_hz": c, "depth_beta": d
        }
        for a, b in ((1.5, 3.0), (2.5, 6.0), (4.0, 10.0))
        for c, d in ((0.3, 0.3), (0.5, 0.5), (1.0, 1.0), (1.5, 3.0))
    }  # fmt: skip


def main() -> None:
    """Print a row a variant; ``sweep`` as the argument, a row a filter."""
    seen = {key: [recorded(place, seed=s) for s in range(SEEDS)] for key, place in SCENES.items()}
    scenes = " ".join(SCENES)
    print(
        f"{'':24s} wrist across  along  bones   rest   lag  accel  step  within 1, 2 sd   {scenes}\n"
        f"{'':24s}    mm     mm     mm      %     mm    ms      x   deg  across, along"
    )
    for name, changes in (sweep() if "sweep" in sys.argv[1:] else VARIANTS).items():
        print(line(name, Settings(**changes), seen), flush=True)


if __name__ == "__main__":
    main()
