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

"""What joints are called at the border of the image: crops of a video in which a whole person is seen.

The estimator on the whole image tells where joints truly are. Counted are images of a crop in which at least
half of the limbs' joints lie, and joints that are TRACKED in the whole image, 12 px or more from the border.

Run: ``python benchmarks/bench_border.py [VIDEO]``
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.footage import Footage
from frankmocap_ros.body.pose import Body, JointState, KeypointPose, Observation
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline

LIMBS: Final = [
    f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
JOINTS: Final = [BODY.index[name] for name in LIMBS]
POINTS: Final = [KEYPOINTS.index(name) for name in LIMBS]
ARMS: Final = np.array([name.endswith(("elbow", "wrist")) for name in LIMBS])
WHOLE: Final = Camera.from_fov(1280, 720, 60.0)
CROPS: Final = (
    (480, 0, 720, 720),
    (0, 0, 640, 720),
    (660, 0, 1280, 720),
    (300, 0, 980, 400),
    (560, 0, 1000, 720),
)
IMAGES: Final = 411
NEAR_PX: Final = 12.0


class _Seen(BlazePoseEstimator):
    """Keeps the confidences of what it found last."""

    confidence: Array = np.zeros(len(KEYPOINTS))

    def _observation(self, image: Any, body: Any, hands: Any) -> Observation:
        seen = super()._observation(image, body, hands)
        assert isinstance(seen.pose, KeypointPose)
        self.confidence = seen.pose.confidence
        return seen


def followed(
    images: Sequence[CameraImage], crop: tuple[int, int, int, int], config: Settings
) -> list[tuple[Body, Mask] | None]:
    """The person in each image of a crop, and which of LIMBS the network sees."""
    x0, y0, x1, y1 = crop
    camera = Camera(WHOLE.fx, WHOLE.fy, WHOLE.cx - x0, WHOLE.cy - y0, x1 - x0, y1 - y0)
    estimator = _Seen(BlazePoseOptions("full"))
    pipeline = Pipeline(estimator, config, time.perf_counter)
    found: list[tuple[Body, Mask] | None] = []
    for image in images:
        pixels = np.ascontiguousarray(image.bitmap.bgr()[y0:y1, x0:x1])
        frame = pipeline.process(CameraImage(Bitmap(pixels), image.time_s, camera))
        seen = estimator.confidence[POINTS] >= config.min_confidence
        found.append((frame.bodies[0], seen) if frame.bodies else None)
    estimator.close()
    return found


def main() -> None:
    """Print a row a setting of ``bones``: shares of TRACKED beside the crop, and of not TRACKED inside."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?", default="../shared/data/taiji.mp4")
    footage = Footage(parser.parse_args().source, 0)
    images = footage.read(IMAGES)
    footage.close()
    for bones in ("fitted", "network"):
        config = Settings(max_people=1, bones=bones)
        whole = followed(images, (0, 0, *WHOLE.size_px), config)
        beside: list[bool] = []
        inside: list[bool] = []
        for crop in CROPS:
            x0, y0, x1, y1 = crop
            for truth, found in zip(whole, followed(images, crop, config), strict=True):
                if truth is None or found is None:
                    continue
                at = truth[0].pixels[JOINTS] - (x0, y0)
                room = np.minimum(at, (x1 - x0, y1 - y0) - at).min(axis=1)
                if (room > 0.0).sum() < len(LIMBS) / 2:
                    continue
                known = truth[0].states[JOINTS] == JointState.TRACKED
                tracked = found[0].states[JOINTS] == JointState.TRACKED
                beside += tracked[known & ARMS & (room < -NEAR_PX)].tolist()
                inside += (~tracked[known & found[1] & (room > NEAR_PX)]).tolist()
        print(
            f"bones {bones:8s} arms beside: TRACKED {100 * np.mean(beside):.1f} % of {len(beside)}; "
            f"seen inside: not TRACKED {100 * np.mean(inside):.1f} % of {len(inside)}"
        )


if __name__ == "__main__":
    main()
