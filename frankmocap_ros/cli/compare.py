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

"""``frankmocap_ros compare``: estimators beside each other on one's own images."""

import argparse
import json
import sys
from collections.abc import Sequence

from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, assets_folder
from frankmocap_ros.bench.combinations import Combination
from frankmocap_ros.bench.comparing import compared, measured_frames
from frankmocap_ros.bench.offline import Setup
from frankmocap_ros.errors import SettingError
from frankmocap_ros.estimators.registry import ESTIMATORS
from frankmocap_ros.evaluation.comparison import comparison_table

_DEFAULT = tuple(name for name in ESTIMATORS if name != "synthetic")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros compare",
        description="Run estimators on the same images, in turns, each in its own process, as the node "
        "runs it. Tells time per image, the share of joints that are tracked, jitter in the calmest second, "
        "and lag and disagreement relative to the first estimator that runs. Those whose files are not here "
        "tell what is missing.",
        epilog="Exit codes: 0 at least one ran, 1 none ran, 2 cannot run.",
    )
    parser.add_argument(
        "source", help="video, rosbag2 folder or .mcap, folder of images, image, or synthetic"
    )
    parser.add_argument(
        "--estimators", nargs="+", default=list(_DEFAULT), metavar="NAME",
        help=f"{' | '.join(ESTIMATORS)}; the first is compared with (default: {' '.join(_DEFAULT)})",
    )  # fmt: skip
    parser.add_argument(
        "--model", nargs="+", default=[], metavar="NAME=FILE",
        help="network of an estimator; several of the same estimator are compared with each other",
    )  # fmt: skip
    parser.add_argument(
        "--frames", type=int, default=300, help="largest number of measured images (default: %(default)s)"
    )
    parser.add_argument(
        "--width", type=int, default=0, help="maximum image width; 0 keeps the source's (default) [px]"
    )
    parser.add_argument(
        "--assets", "--assets-dir", default="", metavar="DIR",
        help=f"FrankMocap's extra_data folder (default ${ENVIRONMENT_VARIABLE})",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a table")
    return parser


def _tell(text: str) -> None:
    """Print to standard error, separate from the results."""
    print(f"frankmocap_ros compare: {text}", file=sys.stderr, flush=True)


def _rows(arguments: argparse.Namespace) -> list[Combination]:
    """What is to run, each once.

    Raises:
        SettingError: a name is not known, or a model belongs to none that is to run.
    """
    names = list(dict.fromkeys(arguments.estimators))
    unknown = [name for name in names if name not in ESTIMATORS]
    if unknown:
        raise SettingError(f"--estimators: {unknown[0]!r} is not known; allowed: {' | '.join(ESTIMATORS)}")
    models: dict[str, list[str]] = {}
    for word in arguments.model:
        name, equals, file = word.partition("=")
        if not (equals and file) or name not in names:
            raise SettingError(f"--model {word!r}: expected NAME=FILE with a name of: {' '.join(names)}")
        models.setdefault(name, []).append(file)
    found = assets_folder(arguments.assets)
    folder = "" if found is None else str(found.absolute())
    rows = [
        Combination(name, folder=folder, model=model) for name in names for model in models.get(name, [""])
    ]
    for row in rows:
        _ = row.config  # refuses a model for an estimator that takes none
    return list(dict.fromkeys(rows))


def main(args: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(args)
    for flag, least in (("frames", 1), ("width", 0)):
        if getattr(arguments, flag) < least:
            raise SettingError(
                f"--{flag}: {getattr(arguments, flag)} is out of range; allowed: {least} or more"
            )
    rows = _rows(arguments)
    frames = measured_frames(arguments.source, arguments.frames)
    found = compared(Setup(arguments.source, arguments.width, frames), rows, _tell)
    print(json.dumps(found, allow_nan=False) if arguments.json else comparison_table(found), flush=True)
    return 0 if any(row["frames"] for row in found) else 1
