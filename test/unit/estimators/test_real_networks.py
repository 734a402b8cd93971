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

"""PoseNet and MoveNet themselves on a video of a person, beside BlazePose."""

from functools import cache

import numpy as np
import pytest

from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline
from support.paths import SHARED, TAIJI
from support.people import video

MODELS = SHARED / "models"
NETWORKS = {"posenet": "posenet", "movenet-lightning": "movenet", "movenet-multipose": "movenet"}
EVERY = 8  # frames
MOST_PX = 25.0
LEAST_SHARE = 0.95
JOINTS = [f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "hip", "knee")]

pytestmark = pytest.mark.skipif(
    not (MODELS.is_dir() and TAIJI.exists()), reason=f"networks or video are not there: {MODELS}, {TAIJI}"
)


def pixels_of(**settings):
    """Pixels of the joints in each image; NaN where a joint is not seen, None where nobody is."""
    config = Settings(smoothing="none", hold_s=0.0, **settings)
    estimator = make_estimator(config)
    pipeline = Pipeline(estimator, config, lambda: 0.0)
    found = []
    for number, image in video(every=EVERY):
        bodies = pipeline.process(CameraImage(Bitmap(image), number / 24.0)).bodies
        if not bodies:
            found.append(None)
            continue
        rows = [bodies[0].skeleton.index[name] for name in JOINTS]
        pixels = bodies[0].pixels[rows]
        found.append(np.where(pixels.any(axis=1, keepdims=True), pixels, np.nan))
    estimator.close()
    return found


@cache
def blazepose():
    return pixels_of(estimator="blazepose", variant="full")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_body_near_blazepose_s(name):
    found = pixels_of(estimator=NETWORKS[name], model=str(MODELS / f"{name}.onnx"))
    assert np.mean([one is not None for one in found]) >= LEAST_SHARE
    pairs = zip(found, blazepose(), strict=True)
    beside = np.array([one - other for one, other in pairs if one is not None and other is not None])
    median = np.nanmedian(np.hypot(*np.moveaxis(beside, -1, 0)), axis=0)
    assert (median <= MOST_PX).all(), dict(zip(JOINTS, median.round(1), strict=True))
