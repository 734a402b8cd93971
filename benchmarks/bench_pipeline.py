"""Time per stage of the whole pipeline on a video or the demo's photograph, for each preset's settings.

Run: ``python benchmarks/bench_pipeline.py [SOURCE] [--frames N]``. One row per setting, interleaved frame by
frame in one run, so that the machine's mood is the same for all; the last column is the ratio to the first.
"""

import argparse
import time

import numpy as np

from frankmocap_ros.bitmap import Bitmap
from frankmocap_ros.config import CameraConfig, MocapConfig
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.pipeline import Picture, Pipeline
from frankmocap_ros.settings import updated
from frankmocap_ros.sources import open_source

_ROWS: dict[str, dict[str, object]] = {
    "balanced": {},
    "fastest": {"resize_short": 256},
    "highest_quality": {"resize_short": 512, "hands": True},
    "detect every frame": {"track_bbox": False},
}
_STAGES = ("decode", "detect", "regress", "post")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default="auto")
    parser.add_argument("--frames", type=int, default=200)
    arguments = parser.parse_args()
    source = open_source(CameraConfig(source=arguments.source))
    pipelines = {}
    for name, changes in _ROWS.items():
        config = updated(MocapConfig(), changes)
        estimator = make_estimator(config)
        estimator.warm_up()
        pipelines[name] = Pipeline(estimator, config, time.perf_counter)
    times: dict[str, list[dict[str, float]]] = {name: [] for name in _ROWS}
    for _ in range(arguments.frames):
        image = source.read()
        if image is None:
            break
        for name, pipeline in pipelines.items():
            frame = pipeline.process(Picture(Bitmap(image.pixels), image.time_s))
            times[name].append({**frame.stages_ms, "total": frame.inference_ms})
    print(f"{source.name}, {len(times['balanced'])} frames; p50 per stage, then p50/p95/p99 in all [ms]")
    base = float(np.median([t["total"] for t in times["balanced"]]))
    for name, rows in times.items():
        stages = "  ".join(f"{s} {np.median([r[s] for r in rows if s in r] or [0.0]):5.1f}" for s in _STAGES)
        p50, p95, p99 = np.percentile([r["total"] for r in rows], (50, 95, 99))
        print(f"{name:20s} {stages}   {p50:5.1f} {p95:5.1f} {p99:5.1f}   x{p50 / base:.2f}")


if __name__ == "__main__":
    main()
