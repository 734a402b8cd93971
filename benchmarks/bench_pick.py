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

"""A synthetic operator picks a cube up with the simulated arm and puts it down elsewhere: twenty runs.

Run: ``python benchmarks/bench_pick.py [--noise-px 5] [--network-errors]``
"""

import argparse

from frankmocap_ros.bench.pick_sight import Sighting
from frankmocap_ros.bench.pick_task import run_pick, twenty
from frankmocap_ros.synthetic.network_errors import ErrorAmounts


def main() -> None:
    """Print one line a run, then how many succeeded."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--noise-px", type=float, default=5.0, help="standard deviation of each keypoint [px]"
    )
    parser.add_argument("--network-errors", action="store_true", help="add those of a landmark network")
    told = parser.parse_args()
    runs = twenty(Sighting(told.noise_px, errors=ErrorAmounts() if told.network_errors else None))
    succeeded = 0
    for one in runs:
        run = run_pick(one)
        succeeded += run.verdict.success
        print(run.words, flush=True)
    print(f"{succeeded} of {len(runs)}")


if __name__ == "__main__":
    main()
