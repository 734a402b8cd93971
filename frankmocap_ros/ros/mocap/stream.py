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

"""One camera of the node: who is in its images, and where results go."""

import time
from dataclasses import replace

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image

from frankmocap_ros.errors import ImageError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.ros.camera.camera_outputs import Stamps
from frankmocap_ros.ros.common.calibration import Calibration
from frankmocap_ros.ros.common.diagnostics_messages import Monitor
from frankmocap_ros.ros.mocap.depth_images import DepthImages
from frankmocap_ros.ros.mocap.outputs import Outputs
from frankmocap_ros.runtime.load_shedding import SheddingLevel, Spacing
from frankmocap_ros.runtime.message_stamps import nanoseconds, seconds
from frankmocap_ros.runtime.snapshot import DROP_OUT_OF_ORDER
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.runtime.stamp_watch import StampWatch
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline

_MOST_SELDOM = 1000  # images between two searches
_ASSUMED_S = 3.0  # a calibration may come later than the first images


class Stream:
    """What belongs to one camera from configuration to cleanup.

    Args:
        name: of the camera; empty where there is only one.
        image: topic of its images.
        pipeline: follows the people in its images.
        outputs: where results go.
    """

    def __init__(self, name: str, image: str, pipeline: Pipeline, outputs: Outputs) -> None:
        self.name = name
        self.image = image
        self.pipeline = pipeline
        self.outputs = outputs
        self.monitor = Monitor()
        self.spacing = Spacing()
        self.calibration = Calibration()
        self.topic = image  # full name of what is heard
        self.count = 0  # images that came while the node was active
        self.calibrated = False  # whether the camera of the newest image was known
        self._assumed_since_s: float | None = None
        self._assumed_told = False
        self.depth = DepthImages()
        self._order = StampOrder()
        self._arrivals = Stamps()
        self._watch = StampWatch("images", "max_image_age_s", "see why the driver or the network is slow")
        self.to_8bit = To8Bit()  # for the worker's thread
        self.config = pipeline.config
        outputs.configure(self.config)
        self._stamp_fault_told = False
        self._level, self._measures = 0, SheddingLevel()

    def set_config(self, config: Settings) -> None:
        """Go on with these settings; for the worker's thread while there is one."""
        self.config = config
        self.outputs.configure(config)
        self._bring_into_force()

    def shed(self, level: int, measures: SheddingLevel) -> None:
        """Leave out so much, so that results come in time; as ``set_config``."""
        self._level, self._measures = level, measures
        self._bring_into_force()

    def _bring_into_force(self) -> None:
        config, measures = self.config, self._measures
        seldom = min(config.detect_every_n * measures.detect_factor, _MOST_SELDOM)
        self.pipeline.config = replace(config, detect_every_n=seldom)
        self.monitor.adapted(self._level, measures.words(config.detect_every_n, config.process_every_n))

    def depth_at(self, stamp_ns: int) -> DepthImage | None:
        """Depth of the image with this stamp, None where it is missing; for the worker's thread."""
        try:
            found = self.depth.at(stamp_ns, 1e-3 * self.config.depth_wait_ms)
        except ImageError as error:
            self.monitor.depth("malformed", str(error))
            return None
        if found is not None:
            self.monitor.depth("paired")
        elif self.depth.alive:
            self.monitor.depth("missing", offset_s=self.depth.offset_s)
        return found

    def camera(self, size_px: tuple[int, int]) -> Camera | None:
        """The calibrated camera of images of this size; None for none. For the worker's thread."""
        return self.calibration.camera(size_px, self.config.rectified, self.topic)

    def newly_assumed(self, camera: Camera | None, now_s: float) -> bool:
        """Take note of an image's camera; true once, where none has been known for some time.

        Args:
            camera: of the image; None where a field of view is assumed.
            now_s: now, on a steady clock [s].
        """
        self.calibrated = camera is not None
        if self.calibrated:
            self._assumed_since_s = None
            return False
        if self._assumed_since_s is None:
            self._assumed_since_s = now_s
        if self._assumed_told or now_s - self._assumed_since_s < _ASSUMED_S:
            return False
        self._assumed_told = True
        return True

    def forget_stamps(self) -> None:
        """Restart: the next image is the first."""
        self._order.reset()
        self._watch.reset()
        self.depth.forget()

    def take_stamp(self, stamp: Time, now_ns: int) -> int:
        """Take note of the stamp of an image that has just come; with ``stamps: arrival`` replace it.

        Args:
            stamp: the image's, changed with ``stamps: arrival``.
            now_ns: now, by the node's clock [ns].

        Returns:
            The stamp as it came, by which its depth is found [ns].
        """
        came_ns = nanoseconds(stamp)
        if self.config.stamps == "arrival":
            stamp.sec, stamp.nanosec = divmod(self._arrivals.next_ns(now_ns), 1_000_000_000)
        else:
            self._watch.note(1e-9 * came_ns, 1e-9 * now_ns, time.perf_counter())
        return came_ns

    @property
    def stamp_fault(self) -> str:
        """What is wrong with the stamps of the images, with the next step; empty for nothing."""
        if self.config.stamps == "arrival":
            return ""
        limit_s = self.config.max_image_age_s
        return self._watch.fault(limit_s) or self._watch.suspicion(limit_s)

    @property
    def new_stamp_fault(self) -> str:
        """The same once, when it begins; amounts that change are the same fault."""
        told, self._stamp_fault_told = self._stamp_fault_told, bool(fault := self.stamp_fault)
        return "" if told else fault

    def in_order(self, stamp: Time) -> bool:
        """Whether an image that has just come is not older than one before it; counted where it is."""
        if self._order.classify(seconds(stamp)) is Arrival.LATE:
            self.monitor.drop(DROP_OUT_OF_ORDER)
            return False
        return True

    def put_depth(self, msg: Image) -> None:
        """Keep a depth image until its image is processed; one that is out of order is counted instead."""
        if not self.depth.put(msg):
            self.monitor.depth(DROP_OUT_OF_ORDER)

    def set_info(self, info: CameraInfo) -> None:
        """Use this calibration from the next image on."""
        self.calibration.info = info
