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

"""Frames as plain dictionaries, ready for JSON."""

import math
from typing import Any

from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Body, Frame, Hand, JointState
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array

_DIGITS = 9


def _numbers(array: Array) -> list[Any]:
    return list(array.round(_DIGITS).tolist())


def _deviations(array: Array) -> list[Any]:
    """Rows of numbers, with None for those that are not known: JSON has no NaN."""
    return [[None if math.isnan(x) else x for x in row] for row in _numbers(array)]


def frame_record(frame: Frame, arms: ArmAngles | None = None) -> dict[str, Any]:
    """One frame: numbers in meters, pixels, milliseconds, radians; quaternions x y z w.

    Args:
        frame: the frame.
        arms: remembers the arms of the frame before, so that their angles go on from there; None for none.
    """
    camera = frame.camera
    arms = ArmAngles() if arms is None else arms
    return {
        "frame": frame.index,
        "stamp_s": frame.time_s,
        "frame_id": frame.frame_id,
        "inference_ms": round(frame.inference_ms, 3),
        "detected": frame.detected,
        "stages_ms": {name: round(ms, 3) for name, ms in frame.stages_ms.items()},
        "camera": {
            "fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy,
            "width": camera.width, "height": camera.height,
            "distortion": _distortion_record(camera),
        },
        "operator_id": frame.operator_id,
        "bodies": [body_record(body, arms) for body in frame.bodies],
    }  # fmt: skip


def _distortion_record(camera: Camera) -> dict[str, Any] | None:
    lens = camera.distortion
    return None if lens is None else {"model": lens.model, "coefficients": list(lens.coefficients)}


def body_record(body: Body, arms: ArmAngles) -> dict[str, Any]:
    """One body with its joints in skeleton order, its hands, and the angles of its arms that are known."""
    columns = zip(
        body.skeleton.names,
        body.skeleton.parent_names,
        body.states.tolist(),
        _numbers(body.confidence),
        _numbers(body.orientation_confidence),
        _numbers(body.positions),
        _deviations(body.position_stddev),
        _numbers(body.orientations_xyzw),
        _numbers(body.local_rotations_xyzw),
        _numbers(body.pixels),
        strict=True,
    )
    return {
        "id": body.id,
        "estimator": body.estimator,
        "scale_source": body.scale_source.name,
        "box_xywh": _numbers(body.box_xywh),
        "betas": None if body.betas is None else _numbers(body.betas),
        "arm_angles": {name: round(angle, _DIGITS) for name, angle in arms.of(body).items()},
        "hands": [_hand_record(hand) for hand in body.hands],
        "joints": [
            {
                "name": name,
                "parent": parent,
                "state": JointState(state).name,
                "confidence": sure,
                "orientation_confidence": sure_rotation,
                "position_m": position,
                "position_stddev_m": deviation,
                "orientation_xyzw": orientation,
                "local_rotation_xyzw": local,
                "pixel": pixel,
            }
            for (
                name,
                parent,
                state,
                sure,
                sure_rotation,
                position,
                deviation,
                orientation,
                local,
                pixel,
            ) in columns
        ],
    }


def _hand_record(hand: Hand) -> dict[str, Any]:
    """One hand with its points in the order of ``skeleton.HAND_POINTS``."""
    return {
        "side": hand.side,
        "state": hand.state.name,
        "confidence": round(hand.confidence, _DIGITS),
        "points_m": _numbers(hand.points),
        "palm_normal": _numbers(hand.palm_normal),
        "palm_angle_rad": round(hand.palm_angle_rad, _DIGITS),
    }
