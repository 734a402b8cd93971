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

"""The figure of ``synthetic/human.py`` before a synthetic camera."""

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.sources.base import NOMINAL_HZ, SourceImage
from frankmocap_ros.synthetic.human import camera_stalls, scene
from frankmocap_ros.synthetic.render_depth import render_depth
from frankmocap_ros.synthetic.render_rgb import render

_SIZE = (640, 480)
DEFAULT_FOV_DEG = 60.0


class SyntheticSource:
    """Images of 640x480 without end; where the camera of the motion stalls, there are none.

    Args:
        motion: see ``figure.scene``.
        start_s: time in the figure's own life at which the first image is taken [s].
        rate_hz: images per second [Hz].
        horizontal_fov_deg: the camera's field of view, along the width of its images [deg].

    Raises:
        SettingError: the motion is not known.
    """

    live = False
    frames = 0

    def __init__(
        self,
        motion: str,
        start_s: float = 0.0,
        rate_hz: float = NOMINAL_HZ,
        horizontal_fov_deg: float = DEFAULT_FOV_DEG,
    ) -> None:
        self.name = f"synthetic figure, motion {motion}"
        self.rate_hz = rate_hz
        self.camera: Camera | None = Camera.from_fov(*_SIZE, horizontal_fov_deg)
        self._lens = self.camera
        self._motion = motion
        self._start_s = start_s
        self._index = 0
        camera_stalls(motion, start_s)  # refuse an unknown motion now

    def read(self) -> SourceImage:
        """The next image; where the camera stalls, the one after the stall."""
        while camera_stalls(self._motion, self._start_s + self._index / self.rate_hz):
            self._index += 1
        time_s = self._index / self.rate_hz
        self._index += 1
        people, lens = scene(self._motion, self._start_s + time_s), self._lens
        return SourceImage(render(people, lens), time_s, depth=lambda: DepthImage(render_depth(people, lens)))

    def rewind(self) -> None:
        """Restart at the first image."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""
