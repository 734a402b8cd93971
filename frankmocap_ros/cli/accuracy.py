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

"""``frankmocap_ros accuracy``: how good poses are, beside a truth."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Final

import numpy as np

from frankmocap_ros.cli.ros_available import require_ros
from frankmocap_ros.errors import EvaluationError, SettingError
from frankmocap_ros.evaluation.accuracy import accuracy_record
from frankmocap_ros.evaluation.accuracy_table import accuracy_table
from frankmocap_ros.evaluation.alignment import AlignmentOptions, paired
from frankmocap_ros.evaluation.body_messages import is_bag_of_bodies, read_bag
from frankmocap_ros.evaluation.json_lines import read_json_lines, recording_of
from frankmocap_ros.evaluation.marker_names import parsed_map
from frankmocap_ros.evaluation.plots import require_matplotlib, write_plots
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.evaluation.truth_files import checked_transform, read_truth
from frankmocap_ros.geometry.rotation import Array, quat_to_matrix

_FIRST_BODY_S: Final = 30.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros accuracy",
        description="Compare poses with the truth: what `frankmocap_ros process` wrote, or what a running "
        "node publishes. Errors, bones, jitter, lag, rotations, states and standard deviations.",
        epilog="Exit codes: 0 compared, 2 cannot run. What each number means: docs/source/accuracy.md.",
    )
    parser.add_argument(
        "truth",
        help=".trc of motion capture, .npz (times_s, names, positions_m), .jsonl as `process` writes it, or "
        "a bag with bodies (BAG:/TOPIC where it has several topics of them)",
    )
    parser.add_argument("result", nargs="?", help=".jsonl that `process` wrote, or a bag with bodies")
    live = parser.add_argument_group("a running node in place of a file")
    live.add_argument("--topic", metavar="NAME", help="topic of its bodies, such as /frankmocap/bodies")
    live.add_argument(
        "--duration", type=float, default=60.0, metavar="S",
        help="how long to record from the first body on (default: %(default)s) [s]",
    )  # fmt: skip
    who = parser.add_argument_group("persons and joints")
    who.add_argument("--id", type=int, default=0, help="body in the result (default: the operator)")
    who.add_argument("--truth-id", type=int, default=0, metavar="ID", help="body in a .jsonl or bag of truth")
    who.add_argument(
        "--map", nargs="+", default=[], metavar="JOINT=MARKER",
        help="markers of joints that their names do not tell; JOINT=MARKER+MARKER is the middle of two",
    )  # fmt: skip
    align = parser.add_argument_group("alignment")
    align.add_argument(
        "--time", choices=("auto", "stamps", "estimated"), default="auto",
        help="how to align the clocks: by stamps, or by the motion, which leaves no lag to be measured; auto "
        "takes the stamps where they overlap by half (default: %(default)s)",
    )  # fmt: skip
    align.add_argument("--time-offset", type=float, metavar="S", help="add this to the truth's times [s]")
    align.add_argument(
        "--truth-to-camera", nargs="+", type=float, metavar="NUMBER",
        help="rigid transform from the truth's frame to the camera's optical frame: x y z qx qy qz qw [m], "
        "or 4x4 numbers row by row. Without it that of a .npz holds, a .jsonl is in the camera's "
        "frame, and for all else the transform that fits best is taken",
    )  # fmt: skip
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print one line of JSON instead of a table")
    out.add_argument("--plots", metavar="DIR", help="also write pictures into this folder (needs matplotlib)")
    return parser


def _transform(numbers: Sequence[float] | None) -> Array | None:
    """The flag ``--truth-to-camera`` as a matrix, shape (4, 4).

    Raises:
        EvaluationError: it is no rigid transform.
    """
    if numbers is None:
        return None
    flag = "--truth-to-camera"
    if len(numbers) == 16:
        return checked_transform(np.array(numbers).reshape(4, 4), flag)
    if len(numbers) != 7:
        raise EvaluationError(f"{flag}: {len(numbers)} numbers; allowed: 7 (x y z qx qy qz qw) or 16 (4x4)")
    transform, q = np.eye(4), np.array(numbers[3:])
    length = float(np.linalg.norm(q))
    if not abs(length - 1.0) < 0.01:  # also for NaN
        raise EvaluationError(f"{flag}: the quaternion qx qy qz qw has length {length:g}; allowed: 1")
    transform[:3, :3], transform[:3, 3] = quat_to_matrix(q / length), numbers[:3]
    return checked_transform(transform, flag)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what does not go together.

    Raises:
        MissingDependencyError: plots are asked for, and matplotlib is not there.
        SettingError: names the flag.
    """
    if (arguments.result is None) == (arguments.topic is None):
        raise SettingError("name either a result (.jsonl that `process` wrote, or bag) or --topic, not both")
    if not 1.0 <= arguments.duration <= 36000.0:  # also for NaN
        raise SettingError(f"--duration: {arguments.duration} is out of range; allowed: 1 .. 36000 s")
    if arguments.time_offset is not None:
        if not math.isfinite(arguments.time_offset):
            raise SettingError(f"--time-offset: {arguments.time_offset} is not finite; allowed: any seconds")
        if arguments.time != "auto":
            raise SettingError("--time and --time-offset exclude each other; leave one out")
    if arguments.plots is not None:
        require_matplotlib()


def _live(topic: str, body_id: int, duration_s: float) -> Recording:
    """What a node publishes for some time, from the first body on.

    Raises:
        EvaluationError: nobody comes.
        MissingDependencyError: ROS or this package's messages are not there.
    """
    require_ros("accuracy --topic")
    from frankmocap_ros.cli.nodes import listening, stay_here, stop_on_signals, wait_for
    from frankmocap_ros.ros.clients.body_recorder import BodyRecorder

    stay_here()
    stop = stop_on_signals()
    with listening(lambda: BodyRecorder(topic, body_id)) as recorder:
        wait_for(recorder.first_body.wait, [], stop, recorder, _FIRST_BODY_S)
        if not recorder.first_body.is_set():
            raise EvaluationError(
                f"--topic {topic}: no body within {_FIRST_BODY_S:g} s; check the name (ros2 topic list), "
                "and that a person is seen"
            )
        print(f"frankmocap_ros accuracy: recording for {duration_s:g} s", file=sys.stderr, flush=True)
        stop.wait(duration_s)
        records = recorder.records()
    return recording_of(((f"{topic}: message {n}", r) for n, r in enumerate(records, 1)), topic, body_id)


def main(args: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(args)
    _check(arguments)
    asked = AlignmentOptions(arguments.time, arguments.time_offset, _transform(arguments.truth_to_camera))
    truth = read_truth(arguments.truth, parsed_map(arguments.map), arguments.truth_id)
    if arguments.topic is not None:
        result = _live(arguments.topic, arguments.id, arguments.duration)
    elif is_bag_of_bodies(arguments.result):
        result = read_bag(arguments.result, arguments.id)
    else:
        result = read_json_lines(arguments.result, arguments.id)
    pair = paired(truth, result, asked)
    record = accuracy_record(pair)
    print(json.dumps(record, allow_nan=False) if arguments.json else accuracy_table(record), flush=True)
    if arguments.plots is not None:
        for path in write_plots(pair, arguments.plots):
            print(f"frankmocap_ros accuracy: {path}", file=sys.stderr)
    return 0
