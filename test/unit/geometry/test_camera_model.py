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

"""Cameras that nobody calibrated."""

import numpy as np
import pytest

from frankmocap_ros.geometry.camera_model import Camera


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (640, 640)])
def test_the_field_of_view_is_along_the_longer_side(width, height):
    """A camera that is held upright has the same lens."""
    camera = Camera.from_fov(width, height, 60.0)
    long = max(width, height)
    assert camera.fx == camera.fy == pytest.approx(0.5 * long / np.tan(np.radians(30.0)))
    assert (camera.cx, camera.cy, *camera.size_px) == (width / 2, height / 2, width, height)
    ends = camera.rays(np.array([[0.0, 0.0], [width, height]]))
    across = np.degrees(2.0 * np.arctan(0.5 * np.ptp(ends, axis=0)))
    assert across.max() == pytest.approx(60.0)
