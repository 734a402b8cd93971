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

"""An estimator that sees the synthetic figure as a 2D network does: pixels of COCO's 17 keypoints."""

from dataclasses import replace

import numpy as np

from frankmocap_ros.body.pose import PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.estimators.synthetic import SyntheticEstimator
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of

COCO = np.array([not name.endswith(("1", "foot")) for name in KEYPOINTS])


class PixelsOnly(SyntheticEstimator):
    """Everybody that ``figures`` gives for a time, with a pixel of noise."""

    name = "pixels_only"

    def __init__(self, figures=lambda time_s: scene("wave", time_s), noise_px=1.0):
        super().__init__()
        self._figures, self._noise_px = figures, noise_px

    def estimate(self, image, regions):
        seen = (self._pixels(figure, image) for figure in self._figures(image.time_s))
        return [one for one in seen if one is not None]

    def _pixels(self, figure, image):
        seen = self._observed(figure, image)
        if seen is None:
            return None
        points = keypoints_of(figure)
        pixels = image.camera.project(points) + self._random.normal(0.0, self._noise_px, (len(points), 2))
        inside = ((pixels >= 0.0) & (pixels < image.camera.size_px)).all(axis=1) & (points[:, 2] > 0.0)
        known = COCO & inside
        pose = PixelPose(np.where(known[:, None], pixels, 0.0), np.where(known, 0.9, 0.0))
        return replace(seen, pose=pose, scale_source=ScaleSource.NONE)
