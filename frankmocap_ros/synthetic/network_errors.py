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

"""Landmarks of the synthetic figure with the errors of a landmark network on one RGB camera.

True joints go in; what BlazePose would give comes out: points around the hips in meters, pixels, visibility.
The amounts are those measured on people with the full network:

- the body comes out at 0.91 of its size, the arms at 0.85;
- a limb's slope towards the camera is given too small, and an error is added that stays while the posture
  does and changes with it, so that it correlates over 0.3 to 1 s of ordinary motion; a part changes at rest
  too;
- bones change their length by 12 % (standard deviation);
- a joint beside the image gets a pixel inside it and a visibility around the limit of ``TRACKED``;
- now and then left and right are exchanged for some frames.

Errors are a function of the seed, the postures and the times alone.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import KEYPOINTS, mirrored
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask, dot, quat_conjugate, quat_from_rotvec, quat_rotate
from frankmocap_ros.synthetic.human import HumanPose
from frankmocap_ros.synthetic.keypoints import keypoints_of

_K: Final = {name: i for i, name in enumerate(KEYPOINTS)}
_MIDDLE: Final = -1  # stands for the hips' middle
_PARENTS: Final = {
    "hip": None, "shoulder": None, "nose": None, "ear": None, "elbow": "shoulder", "wrist": "elbow",
    "index1": "wrist", "pinky1": "wrist", "knee": "hip", "ankle": "knee", "foot": "ankle",
}  # fmt: skip
# where ears and nose are in the head's frame, in heights
_FEATURES: Final = 24  # waves that an error that goes with the posture is the sum of
_POSTURE_SCALE: Final = 0.5  # change of a bone's direction over which such an error changes [rad]


@dataclass(frozen=True)
class ErrorAmounts:
    """How wrong the network is; the defaults are those of ACCURACY on people, with the full network.

    Attributes:
        size: of the whole body, as a share of the truth.
        arms: of upper arm and forearm, as a share of the truth.
        slope: share of a limb bone's extent along the line of sight that is given.
        along_m: standard deviation of an elbow's or knee's depth relative to its parent that goes with the
            posture; a wrist's or ankle's is that once more [m].
        across_m: the same across the line of sight, of the pixels [m].
        restless: share of these errors that changes over ``restless_s`` also at rest.
        restless_s: time constant of that share [s].
        breath: standard deviation of a bone's length over ``restless_s``, as a share of it.
        swaps_hz: how often left and right get exchanged.
        swap_s: for how long [s].
    """

    size: float = 0.91
    arms: float = 0.85
    slope: float = 0.75
    along_m: float = 0.07
    across_m: float = 0.04
    restless: float = 0.5
    restless_s: float = 0.3
    breath: float = 0.05
    swaps_hz: float = 0.0
    swap_s: float = 0.3


@dataclass(frozen=True, eq=False)
class Landmarks:
    """What the network says of one image, in the order of ``KEYPOINTS``.

    Attributes:
        world: shape (21, 3), from the hips' middle, turned as the crop is: z along the ray through it [m].
        pixels: shape (21, 2) [px].
        visibility: shape (21,), 0..1.
        beside: shape (21,), whether the joint is truly beside the image.
        swapped: whether left and right are exchanged.
    """

    world: Array
    pixels: Array
    visibility: Array
    beside: Mask
    swapped: bool


def _tree() -> tuple[NDArray[np.intp], Array]:
    """Parent of each keypoint, ``_MIDDLE`` for the hips' middle; and which bones lead to each, (21, 21)."""
    parents = np.full(len(KEYPOINTS), _MIDDLE)
    for i, name in enumerate(KEYPOINTS):
        side, _, part = name.rpartition("_")
        parent = _PARENTS[part]
        if parent is not None:
            parents[i] = _K[f"{side}_{parent}"]
    leads = np.eye(len(KEYPOINTS))
    for i in range(len(KEYPOINTS)):
        j = parents[i]
        while j != _MIDDLE:
            leads[i, j] = 1.0
            j = parents[j]
    return parents, leads


_PARENT_ROWS, _LEADS = _tree()
_LIMBS: Final = np.array([name.endswith(("elbow", "wrist", "knee", "ankle")) for name in KEYPOINTS])
_ARMS: Final = np.array([name.endswith(("elbow", "wrist")) for name in KEYPOINTS])
_HIPS: Final = np.array([_K["left_hip"], _K["right_hip"]])
_SHOULDERS: Final = np.array([_K["left_shoulder"], _K["right_shoulder"]])
_MIRRORED: Final = np.array([_K[mirrored(name)] for name in KEYPOINTS])


class NetworkErrors:
    """Gives landmarks of one figure, image by image.

    Args:
        amounts: how wrong.
        seed: of the errors.
    """

    def __init__(self, amounts: ErrorAmounts | None = None, seed: int = 0) -> None:
        self._amounts = amounts or ErrorAmounts()
        self._random = np.random.default_rng(seed)
        n = len(KEYPOINTS)
        shape = (n, 3, _FEATURES)
        self._waves = self._random.normal(0.0, 1.0 / _POSTURE_SCALE, (*shape, 3))
        self._phases = self._random.uniform(0.0, 2.0 * math.pi, shape)
        self._restless = self._random.normal(0.0, 1.0, (n, 5))  # x, y, z, length, visibility
        self._time_s: float | None = None
        self._swapped_until_s = -math.inf

    def __call__(self, human: HumanPose, camera: Camera, time_s: float) -> Landmarks:
        """Landmarks of the figure; times go forward."""
        dt = 0.0 if self._time_s is None else time_s - self._time_s
        self._advance(dt, time_s)
        points = keypoints_of(human)
        pixels = camera.project(points)
        beside = np.asarray(~((pixels >= 0.0) & (pixels < camera.size_px)).all(axis=1))
        # the crop is around what is seen: its middle is the hips', or the shoulders' where they are not
        middle = points[_SHOULDERS if beside[_HIPS].any() else _HIPS].mean(axis=0)
        view = quat_conjugate(_towards(middle))
        turned = quat_rotate(view, points - points[_HIPS].mean(axis=0))
        bones = turned.copy()
        inner = _PARENT_ROWS != _MIDDLE
        bones[inner] -= turned[_PARENT_ROWS[inner]]
        errors = self._errors(bones)
        amounts = self._amounts
        sizes = np.where(_ARMS, amounts.arms, amounts.size) * (1.0 + amounts.breath * self._restless[:, 3])
        guessed = bones.copy()
        guessed[_LIMBS, 2] *= amounts.slope
        guessed[:, 2] += amounts.along_m * errors[:, 2] * np.where(_LIMBS, 1.0, 0.3)
        world = _LEADS @ (guessed * sizes[:, None])
        world -= world[_HIPS].mean(axis=0)
        across = amounts.across_m * (_LEADS @ (errors[:, :2] * np.where(_LIMBS, 1.0, 0.4)[:, None]))
        pixels = camera.project(points + np.pad(across, ((0, 0), (0, 1))))
        pixels, visibility = self._invented(pixels, beside, camera)
        swapped = time_s < self._swapped_until_s
        if swapped:
            world, pixels, visibility = world[_MIRRORED], pixels[_MIRRORED], visibility[_MIRRORED]
        return Landmarks(world, pixels, visibility, beside, swapped)

    def _advance(self, dt: float, time_s: float) -> None:
        """Let what changes by itself change (Ornstein-Uhlenbeck), and begin an exchange of sides."""
        kept = math.exp(-dt / self._amounts.restless_s)
        fresh = self._random.normal(0.0, 1.0, self._restless.shape)
        self._restless = kept * self._restless + math.sqrt(1.0 - kept * kept) * fresh
        if self._random.random() < 1.0 - math.exp(-dt * self._amounts.swaps_hz):
            self._swapped_until_s = time_s + self._amounts.swap_s
        self._time_s = time_s

    def _errors(self, bones: Array) -> Array:
        """Errors of each bone's end, (21, 3), each with a standard deviation of about 1."""
        directions = bones / np.maximum(np.sqrt(dot(bones, bones)), 1e-6)[:, None]
        waves = np.einsum("ncfd,nd->ncf", self._waves, directions)
        posture = math.sqrt(2.0 / _FEATURES) * np.cos(waves + self._phases).sum(axis=-1)
        share = self._amounts.restless
        return np.asarray(math.sqrt(1.0 - share**2) * posture + share * self._restless[:, :3])

    def _invented(self, pixels: Array, beside: Mask, camera: Camera) -> tuple[Array, Array]:
        """Pixels inside the image for what is beside it, and visibility."""
        invented = np.clip(pixels, 0.02 * np.array(camera.size_px), 0.98 * np.array(camera.size_px))
        visibility = np.where(beside, 0.36 + 0.15 * self._restless[:, 4], 0.95 + 0.02 * self._restless[:, 4])
        return np.where(beside[:, None], invented, pixels), np.clip(visibility, 0.0, 1.0)


def _towards(point: Array) -> Array:
    """Shortest rotation from the camera's axis to the ray through ``point``, x y z w."""
    x, y, z = point
    across = np.array([-y, x, 0.0])
    length = math.hypot(x, y)
    return quat_from_rotvec(across / max(length, 1e-12) * math.atan2(length, z))
