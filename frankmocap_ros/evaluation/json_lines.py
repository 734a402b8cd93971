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

"""Recordings from what ``frankmocap_ros process`` writes."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import COUNTS, Distortion
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.text_values import json_values

_STEP: Final = "write it with: frankmocap_ros process SOURCE --out FILE"
_NAN: Final = float("nan")
_LONGEST: Final = 10_000_000  # characters of a line


def read_json_lines(path: str | Path, body_id: int = 0) -> Recording:
    """One person of a file: the operator of each frame, or the body with this id.

    Raises:
        EvaluationError: the file cannot be read, or is no such file; the text names the line.
    """
    shown = printable(path)
    try:
        with home_expanded(path).open(encoding="utf-8") as file:
            return recording_of(_records(file, shown), shown, body_id)
    except OSError as error:
        raise EvaluationError(f"{shown}: {error.strerror}; name a file that can be read") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{shown}: no text (byte {error.start}); {_STEP}") from error


def _records(lines: Iterable[str], shown: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{shown}: line {number}"
        if len(line) > _LONGEST:
            raise EvaluationError(f"{where}: longer than {_LONGEST} characters; {_STEP}")
        try:
            record = json_values(line)
        except ValueError as error:
            raise EvaluationError(f"{where}: no JSON ({str(error)[:80]}); {_STEP}") from error
        if not isinstance(record, Mapping):
            raise EvaluationError(f"{where}: no object of a frame; {_STEP}")
        yield where, record


def recording_of(records: Iterable[tuple[str, Mapping[str, Any]]], shown: str, body_id: int = 0) -> Recording:
    """One person of records, each with where it stands, for errors; see ``read_json_lines``.

    Raises:
        EvaluationError: a record is not one of a frame, or nobody is in any of them.
    """
    times, people, camera = [], [], None
    for where, record in records:
        try:
            times.append(_number(record["stamp_s"]))
            people.append(_person(record, body_id))
            camera = camera or _camera(record.get("camera"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            hint = "it is in the format gmr; " if "time_s" in record else ""
            raise EvaluationError(
                f"{where}: no frame of this package ({type(error).__name__}: {str(error)[:80]}); "
                f"{hint}{_STEP}"
            ) from error
        if record.get("frame_id"):
            raise EvaluationError(
                f"{where}: poses are in the frame {record['frame_id']!r:.60}, and lines of sight begin at "
                "the camera; process it without --target-frame"
            )
        if len(times) > 1 and not times[-1] > times[-2]:
            raise EvaluationError(
                f"{where}: its stamp {times[-1]:g} s does not come after the one before ({times[-2]:g} s); "
                "compare one sequence at a time"
            )
    names = next((tuple(person) for person in people if person), None)
    if names is None:
        who = f"body {body_id} is" if body_id else "an operator is"
        raise EvaluationError(
            f"{shown}: {who} in none of {len(times)} frames; see the ids in the file (--id)"
        )
    rows = np.array([[person.get(name, _NOBODY) for name in names] for person in people], dtype=float)
    states = rows[..., 0].astype(np.uint8)
    known = (states != JointState.INVALID)[..., None]
    values = np.where(known, rows[..., 1:], np.nan)
    position, orientation, _, stddev = np.split(values, (3, 7, 9), axis=-1)
    pixel = rows[..., 8:10]
    # where only the image is known every joint is INVALID, and has its pixel all the same
    pixel = np.where(known | (pixel != 0.0).any(axis=-1, keepdims=True), pixel, np.nan)
    return Recording(np.array(times), names, position, states, orientation, pixel, stddev, camera)


# state, position, orientation, pixel, standard deviations
_NOBODY: Final = (float(JointState.INVALID), *(_NAN,) * 11)


def _person(record: Mapping[str, Any], body_id: int) -> dict[str, tuple[float, ...]]:
    """Values of each joint of the wanted body; empty where it is not there."""
    wanted = body_id or record["operator_id"]
    body = next((b for b in record["bodies"] if b["id"] == wanted), None)
    if body is None or not wanted:
        return {}
    return {str(joint["name"]): _joint(joint) for joint in body["joints"]}


def _joint(joint: Mapping[str, Any]) -> tuple[float, ...]:
    oriented = _number(joint["orientation_confidence"]) > 0.0
    return (
        float(JointState[joint["state"]]),
        *_numbers(joint["position_m"], 3),
        *(_numbers(joint["orientation_xyzw"], 4) if oriented else (_NAN,) * 4),
        *_numbers(joint["pixel"], 2),
        *_numbers(joint.get("position_stddev_m") or (None, None), 2),
    )


def _numbers(values: Sequence[Any], count: int) -> tuple[float, ...]:
    if len(values) != count:
        raise ValueError(f"{count} numbers expected, got {len(values)}")
    return tuple(_NAN if value is None else _number(value) for value in values)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is no finite number")
    return float(value)


def _camera(values: Mapping[str, Any] | None) -> Camera | None:
    if values is None:
        return None
    fx, fy, cx, cy, width, height = (
        _number(values[name]) for name in ("fx", "fy", "cx", "cy", "width", "height")
    )
    if min(fx, fy, width, height) <= 0.0:
        raise ValueError("a camera's focal lengths and size must be above 0")
    lens = values.get("distortion")
    distortion = None
    if lens is not None:
        coefficients = tuple(map(_number, lens["coefficients"]))
        if len(coefficients) not in COUNTS.get(lens["model"], ()):
            raise ValueError(f"distortion model {lens['model']!r:.40} with {len(coefficients)} coefficients")
        distortion = Distortion(lens["model"], coefficients)
    return Camera(fx, fy, cx, cy, int(width), int(height), distortion)
