"""Errors of one person's joints against the synthetic figure, each part alone with the others held fixed.

Run: ``python benchmarks/bench_person_filter.py``
"""

import sys
from collections.abc import Mapping
from typing import Any

from frankmocap_ros.bench.person_filter import SCENES, figures, run
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


def line(name: str, config: Settings, seeds: int = SEEDS) -> str:
    """One row of the table."""
    runs = {key: [run(place, config, seed=seed) for seed in range(seeds)] for key, place in SCENES.items()}
    f = figures([r for rs in runs.values() for r in rs], runs["reach"] + runs["desk"])
    scenes = " ".join(f"{figures(rs).wrist_mm:5.0f}" for rs in runs.values())
    within = " ".join(f"{100 * x:3.0f}" for x in f.within)
    return (
        f"{name:18s} {f.wrist_mm:5.0f} {f.across_mm:6.0f} {f.along_mm:6.0f} {100 * f.bones:6.1f} "
        f"{f.rest_mm:6.1f} {f.lag_ms:5.0f} {f.acceleration:6.1f} {f.step_deg:5.0f}  {within}  {scenes}"
    )


def main() -> None:
    """Print a row a variant; arguments name those that are wanted."""
    print(
        f"{'':18s} wrist across  along  bones   rest   lag  accel  step  within 1, 2 sd   {' '.join(SCENES)}\n"
        f"{'':18s}    mm     mm     mm      %     mm    ms      x   deg  across, along"
    )
    for name in sys.argv[1:] or _ONE = {"across_min_cutoff_hz": 1.5, "across_beta": 3.0, "depth_min_cutoff_hz": 1.5, "depth_beta": 3.0}
VARIANTS:
        print(line(name, Settings(**VARIANTS[name])), flush=True)


if __name__ == "__main__":
    main()
