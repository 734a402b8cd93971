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

"""Keypoints in space from pixels alone, against what is known of the same people.

Subjects: a video, lifted from BlazePose's pixels and compared with BlazePose's own meters through the same
filter, after one scale for the whole video; and the synthetic figure with 1 px of noise, compared with the
truth. Only the 17 keypoints of COCO are given.

Run: ``python benchmarks/bench_lifting.py [VIDEO]``
"""

import argparse

from frankmocap_ros.bench.lifting import Result, errors_of, figure_views, lift, video_views
from frankmocap_ros.synthetic.human import PERIOD_S


def report(name: str, result: Result, scaled: bool) -> None:
    """One line: errors and jumps [cm], share of PREDICTED, time [ms]."""
    found = errors_of(result, scaled)
    columns = [f"{name:12s} scale {found.scale:.2f}  median/p95 cm:"]
    parts = {"elbow": found.elbow_cm, "wrist": found.wrist_cm, "both": found.both_cm}
    if not scaled:
        parts["absolute"] = found.absolute_cm
    columns += [f"{part} {p50:.1f}/{p95:.1f}" for part, (p50, p95) in parts.items()]
    columns.append(f"jump in depth {found.depth_jump_cm:.0f} cm, in all {found.jump_cm:.0f} cm")
    columns.append(f"(truth {found.true_jump_cm:.0f} cm)  predicted {found.predicted:.2f}")
    columns.append(f"{found.spent_ms:.2f} ms")
    print("  ".join(columns))


def main() -> None:
    """Print one line a subject."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?", default="../shared/data/taiji.mp4")
    source = parser.parse_args().source
    for variant in ("full", "heavy"):
        report(f"video {variant}", lift(video_views(source, variant)), scaled=True)
    for motion, person in (("wave", 0), ("walk_out", 0), ("cross", 0), ("cross", 1)):
        views = list(figure_views(motion, person, 2.0 * PERIOD_S[motion]))
        report(f"{motion} {person}", lift(views), scaled=False)


if __name__ == "__main__":
    main()
