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

"""What the tests of the core share: hypothesis' profile, and keypoints of a person in known poses."""

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import FINGERS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from support.paths import SHARED

# the same examples in every run, and no time limits: another process may need the processor
settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")

K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
Points = NDArray[np.float64]

_REST = {
    "left_shoulder": (0.18, 0.48, 0.0), "left_elbow": (0.46, 0.48, 0.0), "left_wrist": (0.72, 0.48, 0.0),
    "left_index1": (0.81, 0.48, 0.03), "left_pinky1": (0.81, 0.48, -0.03),
    "left_hip": (0.10, 0.0, 0.0), "left_knee": (0.10, -0.42, 0.0), "left_ankle": (0.10, -0.82, 0.0),
    "left_foot": (0.10, -0.895, 0.1305), "left_ear": (0.075, 0.6408, 0.0408),
}  # fmt: skip
_THUMB = np.array([0.6, -0.2, 0.77]) / np.sqrt(0.9929)


def _rest_keypoints() -> Points:
    """A T-pose in body axes (x to the person's left, y up, z out of the chest), all 57 keypoints."""
    points = np.full((len(K), 3), np.nan)
    for name, point in _REST.items():
        points[K[name]] = point
    points[K["nose"]] = np.array([0.0, 0.6408, 0.0408]) + 0.1 * np.array([0.0, -0.2, 0.98])
    for n, finger in enumerate(("index", "middle", "ring", "pinky")):
        for k in range(4):
            points[K[f"left_{finger}{k + 1}"]] = (0.81 + 0.03 * k, 0.48, 0.03 - 0.02 * n)
    for k in range(4):
        points[K[f"left_thumb{k + 1}"]] = np.array([0.74, 0.47, 0.02]) + 0.03 * k * _THUMB
    for name, row in K.items():
        if name.startswith("right_"):
            points[row] = points[K["left_" + name[6:]]] * (-1.0, 1.0, 1.0)
    return points


REST = _rest_keypoints()
REST.flags.writeable = False


@dataclass(frozen=True)
class Posture:
    """Keypoints of somebody in a random but possible posture.

    Attributes:
        points: shape (21 or 57, 3), in the optical frame [m].
        root: shape (3, 3), body axes to optical frame.
        upper: shape (2, 3, 3), rotation of the left and right upper arm from rest, in the optical frame.
        elbow_rad: shape (2,), bend of the elbows, 0 is straight [rad].
        thigh: shape (2, 3, 3), as ``upper`` for the thighs.
        knee_rad: shape (2,), bend of the knees [rad].
    """

    points: Points
    root: Points
    upper: Points
    elbow_rad: Points
    thigh: Points
    knee_rad: Points


def turn(*rotvec: float) -> Points:
    """Rotation matrix of a rotation vector [rad]."""
    return quat_to_matrix(quat_from_rotvec(np.array(rotvec)))


def _posture(seed: int, hands: bool = False, bend_rad: tuple[float, float] = (0.0, 2.4)) -> Posture:
    rng = np.random.default_rng(seed)
    root = turn(np.pi, 0.0, 0.0) @ turn(*rng.normal(0.0, 0.5, 3))
    chest = turn(*rng.normal(0.0, 0.25, 3))
    parts: dict[str, Points] = {name: REST[row].copy() for name, row in K.items()}
    waist = np.array([0.0, 0.15, 0.0])
    uppers, thighs = np.empty((2, 2, 3, 3))
    elbows, knees = rng.uniform(*bend_rad, (2, 2))

    def swing(names: list[str], pivot: Points, rotation: Points) -> None:
        for name in names:
            parts[name] = pivot + rotation @ (parts[name] - pivot)

    for i, (side, s) in enumerate((("left", 1.0), ("right", -1.0))):
        fingers = [f"{side}_{finger}{k}" for finger in FINGERS for k in (1, 2, 3, 4)]
        arm = [f"{side}_wrist", *fingers]
        uppers[i] = turn(*rng.normal(0.0, 0.7, 3))
        # hinge of the elbow: forearm swings forward; of the knee: shin swings back; from the end of the limb
        swing(fingers, parts[f"{side}_wrist"], turn(*rng.normal(0.0, 0.3, 3)))
        swing(arm, parts[f"{side}_elbow"], turn(0.0, -s * elbows[i], 0.0))
        swing([f"{side}_elbow", *arm], parts[f"{side}_shoulder"], uppers[i])
        thighs[i] = turn(*rng.normal((-0.3, 0.0, 0.0), 0.4, 3))
        swing([f"{side}_foot"], parts[f"{side}_ankle"], turn(rng.normal(0.0, 0.3), 0.0, 0.0))
        swing([f"{side}_ankle", f"{side}_foot"], parts[f"{side}_knee"], turn(knees[i], 0.0, 0.0))
        swing([f"{side}_knee", f"{side}_ankle", f"{side}_foot"], parts[f"{side}_hip"], thighs[i])
    legs = ("hip", "knee", "ankle", "foot")
    swing([name for name in parts if name.partition("_")[2] not in legs], waist, chest)
    points = np.array(list(parts.values())) @ root.T + rng.normal((0.0, 0.0, 3.0), 0.2)
    return Posture(
        points if hands else points[: len(KEYPOINTS)],
        root,
        root @ chest @ uppers,
        elbows,
        root @ thighs,
        knees,
    )


@pytest.fixture(scope="session")
def rest_keypoints() -> Points:
    """A T-pose in body axes: the first 21 rows are the body's keypoints, all 57 those with hands."""
    return REST


@pytest.fixture(scope="session")
def posture() -> Callable[..., Posture]:
    """Makes a possible posture of a seed: ``posture(seed, hands=False, bend_rad=(0.0, 2.4))``."""
    return _posture


def _shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="session")
def synth():
    """The module that makes stand-in weights from a seed."""
    spec = importlib.util.spec_from_file_location("synth", _shared("golden/synth.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def golden():
    """What the original gives with stand-in weights: name -> array."""
    path = os.environ.get("FRANKMOCAP_GOLDEN") or _shared("golden/frankmocap_golden.npz")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="session")
def golden_seed():
    """Seed of the body's weights and of the body model; hand and 2D pose have the next two."""
    return int(os.environ.get("FRANKMOCAP_GOLDEN_SEED", "7"))


@pytest.fixture(scope="session")
def golden_weights(synth, golden_seed):
    """State dict of "body", "hand" or "pose2d" as arrays."""
    shapes = json.loads(_shared("golden/frankmocap_shapes.json").read_text())
    seeds = {"body": golden_seed, "hand": golden_seed + 1, "pose2d": golden_seed + 2}
    return lambda name: synth.state_dict(shapes[name], seeds[name])


@pytest.fixture(scope="session")
def normalized():
    """Body crops (N, H, W, 3), 8 bit RGB tensors, as the network wants them: by ImageNet's statistics."""

    def scaled(crops):
        mean, deviation = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])
        return ((crops.float() - mean) / deviation).permute(0, 3, 1, 2)

    return scaled


@pytest.fixture(scope="session")
def relative_error():
    """Largest difference between two arrays, as a share of the largest value that is expected."""
    return lambda found, expected: float(np.abs(np.asarray(found) - expected).max() / np.abs(expected).max())
