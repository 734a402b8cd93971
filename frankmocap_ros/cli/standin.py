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

"""``frankmocap_ros standin``: a folder of random weights, for trials without FrankMocap's files."""

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from frankmocap_ros.runtime.file_names import home_expanded
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.standin.extra_data import write_standin


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros standin",
        description="Write random weights with the names and formats of FrankMocap's files. All networks run "
        "on them at full size, but the poses are meaningless. Needs torch and smplx "
        f"({install_command('torch')}) and 0.5 GB of disk space.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="new folder, or one with stand-in files")
    parser.add_argument(
        "--seed", type=_seed, default=0, help="seed of the random numbers, 0 or more (default: %(default)s)"
    )
    return parser


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0."""
    arguments = _parser().parse_args(args)
    folder: Path = home_expanded(arguments.folder)
    start_s = time.perf_counter()
    size = write_standin(folder, arguments.seed, progress=lambda text: print(f"  {text}", file=sys.stderr))
    print(
        f"{folder}: stand-in files, {size / 1e6:.0f} MB in {time.perf_counter() - start_s:.1f} s. "
        "Poses from them are meaningless.\n"
        f"Next: frankmocap_ros process VIDEO --estimator frankmocap --assets {shlex.quote(str(folder))}"
    )
    return 0
