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

"""An estimator that knows the truth: the figure of ``synthetic/human.py`` at the image's time.

It never looks at the pixels. With the synthetic camera, whose images show the same figure at the same
time, everything after the estimator can be checked against what is true.
"""

from collections.abc import Sequence

import numpy as np

from frankmocap_ros.body.pose import ModelPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.geometry.boxes import Region, box_around, clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask, quat_from_rotvec, quat_multiply
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.synthetic.human import HumanPose, scene


class SyntheticEstimator:
    """Returns everybody of the scene who is at least partly in the image.

    Args:
        motion: see ``figure.scene``.
        hands: whether to give finger joints.
        noise: standard deviation added to the root's position [m] and to every rotation [rad].
        seed: of the noise.
    """

    name = "synthetic"

    def __init__(self, motion: str = "wave", hands: bool = False, noise: float = 0.0, seed: int = 0) -> None:
        scene(motion, 0.0)  # refuse an unknown motion now
        self._motion = motion
        self._joints = len(BODY_WITH_HANDS) if hands else len(BODY)
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self.capabilities = Capabilities(
            max_people=16, needs_regions=False, orientations=True, hands=hands, device="cpu"
        )

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """No regions are needed."""
        return []

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """The truth at the image's time."""
        people = (self._observed(figure, image) for figure in scene(self._motion, image.time_s))
        return [person for person in people if person is not None]

    def close(self) -> None:
        """Nothing to give back."""

    def _observed(self, figure: HumanPose, image: ScaledImage) -> Observation | None:
        n, camera = self._joints, image.camera
        positions = figure.positions[:n]
        seen = _in_view(positions, camera)
        if not seen.any():
            return None
        rotations, root = figure.local_rotations_xyzw[:n], positions[0]
        if self._noise:
            turns = quat_from_rotvec(self._random.normal(0.0, self._noise, (n, 3)))
            rotations = quat_multiply(rotations, turns)
            root = root + self._random.normal(0.0, self._noise, 3)
        return Observation(
            pose=ModelPose(root, rotations, figure.offsets[:n], seen.astype(np.float64)),
            box_xywh=clipped_box(box_around(camera.project(positions[seen])), camera.size_px),
            score=1.0,
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
        )


def _in_view(positions: Array, camera: Camera) -> Mask:
    """Which joints, shape (J, 3), are before the camera and inside the image: shape (J,)."""
    pixels = camera.project(positions)
    inside = ((pixels >= 0.0) & (pixels < (camera.width, camera.height))).all(axis=1)
    return np.asarray(inside & (positions[:, 2] > 0.0))
