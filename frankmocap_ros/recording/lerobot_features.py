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

"""Rows as the features of a LeRobot dataset: which vectors it has, and what each number in them is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.rows import Rows
from frankmocap_ros.recording.samples import Held
from frankmocap_ros.recording.video_file import CODEC, PIXELS

STATE: Final = "observation.state"
ACTION: Final = "action"
OPERATOR: Final = "operator.position"  # no observation: trainers pass it over
OPERATOR_STATE: Final = "operator.joint_state"
INDEX_FEATURES: Final[Mapping[str, str]] = {
    "timestamp": "float32",
    "frame_index": "int64",
    "episode_index": "int64",
    "index": "int64",
    "task_index": "int64",
}
_BASE: Final = {"x": "base_x.vel", "y": "base_y.vel", "yaw": "base_yaw.vel"}


@dataclass(frozen=True, eq=False)
class Vector:
    """One feature of R rows.

    Attributes:
        names: of the C numbers.
        values: shape (R, C), float32 or int64.
    """

    names: tuple[str, ...]
    values: NDArray[Any]

    def feature(self) -> dict[str, Any]:
        """As ``meta/info.json`` describes it."""
        return {"dtype": str(self.values.dtype), "shape": [len(self.names)], "names": list(self.names)}


def vectors_of(rows: Rows) -> dict[str, Vector]:
    """The vectors of a dataset, by the feature's name.

    Raises:
        RecordingError: the robot's state or its commands were not recorded.
    """
    values = rows.values
    state = _vector(values["state"], "{}.pos")
    action = [_vector(values["action"], "{}.pos")] if values["action"].names else []
    if not action and values["target"].names:
        action = [_vector(values["target"], "{}")]
    base = values["base"]
    action.append(_vector(Held(tuple(_BASE[n] for n in base.names), base.values, base.times_ns), "{}"))
    action.append(_vector(values["grip"], "{}_grip.opening"))
    commands = Vector(
        tuple(name for part in action for name in part.names),
        np.concatenate([part.values for part in action], axis=1),
    )
    for what, vector, topic in (
        ("measured joints", state, "--state"),
        ("commands", commands, "--action"),
    ):
        if not vector.names:
            raise RecordingError(
                f"no {what} were recorded, and a LeRobot dataset needs them; record their topic, name it "
                f"({topic} TOPIC), or export to parquet"
            )
    found = {STATE: state, ACTION: commands}
    if values["operator"].names:
        operator = values["operator"]
        known = Held(operator.names, np.nan_to_num(operator.values), operator.times_ns)
        states = values["operator_state"]
        found[OPERATOR] = _vector(known, "{}")
        found[OPERATOR_STATE] = Vector(states.names, np.nan_to_num(states.values).astype(np.int64))
    return found


def image_feature(size_px: tuple[int, int], rate_hz: int, as_video: bool) -> dict[str, Any]:
    """A camera as ``meta/info.json`` describes it.

    Args:
        size_px: width and height [px].
        rate_hz: images per second.
        as_video: whether they are in a video, or as PNG in the data.
    """
    width, height = size_px
    feature: dict[str, Any] = {
        "dtype": "video" if as_video else "image",
        "shape": [height, width, 3],
        "names": ["height", "width", "channels"],
    }
    if as_video:
        feature["info"] = {
            "video.height": height,
            "video.width": width,
            "video.codec": CODEC,
            "video.pix_fmt": PIXELS,
            "video.is_depth_map": False,
            "video.fps": rate_hz,
            "video.channels": 3,
            "has_audio": False,
        }
    return feature


def index_features() -> dict[str, dict[str, Any]]:
    """The features that every dataset has."""
    return {name: {"dtype": kind, "shape": [1], "names": None} for name, kind in INDEX_FEATURES.items()}


def image_key(camera: str) -> str:
    """Name of a camera's feature."""
    return f"observation.images.{camera}"


def _vector(held: Held, form: str) -> Vector:
    return Vector(tuple(form.format(name) for name in held.names), held.values.astype(np.float32))
