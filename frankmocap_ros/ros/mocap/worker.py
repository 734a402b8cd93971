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

"""The one thread that decodes, estimates and publishes. The executor only hands images over."""

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from frankmocap_ros.body.pose import Frame
from frankmocap_ros.body.transform import transformed
from frankmocap_ros.errors import ImageError, TransformError
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.imaging.messages.compressed import decode_compressed
from frankmocap_ros.imaging.messages.images import decode_image
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.ros.common.transforms import Transforms
from frankmocap_ros.ros.mocap.inputs import AnyImage, OwnImage
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.load_shedding import LoadShedder, SheddingLevel
from frankmocap_ros.runtime.mailbox import Mailboxes
from frankmocap_ros.runtime.message_stamps import nanoseconds, seconds
from frankmocap_ros.runtime.snapshot import DROP_NO_TRANSFORM, DROP_OVERWRITTEN, DROP_TOO_OLD
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import process_together

_GATHER_S = 0.004  # images of several cameras that come within this time are of one instant


@dataclass(frozen=True, eq=False)
class _QueuedImage:
    """One image on its way.

    Attributes:
        msg: the message.
        depth_ns: stamp of its depth [ns].
        arrived_s: when it came, on the steady clock [s].
        transport_ms: its age then [ms].
    """

    msg: AnyImage
    depth_ns: int
    arrived_s: float
    transport_ms: float


@dataclass(frozen=True, eq=False)
class _DecodedImage:
    """A decoded image; times on the steady clock [s]."""

    stream: Stream
    job: _QueuedImage
    camera_image: CameraImage
    start_s: float
    decoded_s: float


class Worker:
    """Takes the newest image of each camera, runs their pipelines and publishes the results.

    Args:
        node: for clock and log.
        streams: the cameras; their pipelines are used by the worker's thread only.
        collector: collects garbage between frames.
        transforms: where cameras are in ``target_frame``; None leaves poses in the images' own frames.
    """

    def __init__(
        self,
        node: LifecycleNode,
        streams: Sequence[Stream],
        collector: Collector,
        transforms: Transforms | None = None,
    ) -> None:
        self._node = node
        self._log = node.get_logger()
        self._streams = streams
        self._collector = collector
        self._transforms = transforms
        self.begin_anew()
        self._boxes: Mailboxes[_QueuedImage] = Mailboxes(len(streams), _GATHER_S if len(streams) > 1 else 0.0)
        self._calls: deque[Callable[[], None]] = deque()
        self._thread = threading.Thread(target=self._run, name="mocap_worker", daemon=True)
        self._thread.start()

    def hand_over(self, msg: AnyImage, slot: int, depth_ns: int) -> None:
        """Leave an image of a camera for the worker; one that still waits is dropped for it.

        Args:
            msg: the image.
            slot: number of the camera.
            depth_ns: stamp by which its depth is found [ns].
        """
        job = _QueuedImage(msg, depth_ns, time.perf_counter(), self._age_ms(msg))
        if self._boxes.put(job, slot, job.arrived_s):
            self._streams[slot].monitor.drop(DROP_OVERWRITTEN)

    @property
    def process_every(self) -> int:
        """How many images there are to one that is processed, beside the setting."""
        return self._shedder.measures.process_every

    def begin_anew(self) -> None:
        """Process everything and restart the learning: another model has another speed."""
        self._shedder = LoadShedder(self._streams[0].pipeline.estimator.capabilities.needs_regions)
        for stream in self._streams:
            stream.shed(0, SheddingLevel())

    def between_frames(self, call: Callable[[], None]) -> None:
        """Let the worker call something before the next image."""
        self._calls.append(call)
        self._boxes.wake()

    def reset(self) -> None:
        """Forget all people before the next image."""
        for stream in self._streams:
            self.between_frames(stream.pipeline.reset)

    def stop(self) -> None:
        """End the thread after the images under way."""
        self._boxes.close()
        self._thread.join()
        self._call()

    def _age_ms(self, msg: AnyImage) -> float:
        """Age of an image by the node's clock, negative where its stamp lies in the future [ms]."""
        return 1e-6 * (self._node.get_clock().now().nanoseconds - nanoseconds(msg.header.stamp))

    def _call(self) -> None:
        while self._calls:
            call = self._calls.popleft()
            try:
                call()
            except Exception as error:  # the next image gets its chance all the same
                self._failed(self._streams[0], error)

    def _run(self) -> None:
        while (jobs := self._boxes.take()) is not None:
            self._call()
            ready = self._ready(jobs)
            if ready:
                self._process(ready)
                self._collector.between_frames(idle=not self._boxes.waiting)

    def _ready(self, jobs: Mapping[int, _QueuedImage]) -> list[_DecodedImage]:
        """The images that can be processed; the others are dropped and counted."""
        ready = []
        for slot, job in jobs.items():
            stream = self._streams[slot]
            stream.spacing.taken()
            try:
                one = self._decoded(stream, job)
            except ImageError as error:
                stream.monitor.drop(error.reason)
                self._log.warning(f"image dropped ({error.reason}): {error}", throttle_duration_sec=1.0)
            except Exception as error:
                self._failed(stream, error)
            else:
                ready += [one] if one is not None else []
        return ready

    def _decoded(self, stream: Stream, job: _QueuedImage) -> _DecodedImage | None:
        """An image as pixels, None where it is too old."""
        start_s = time.perf_counter()
        limit_ms = 1e3 * stream.config.max_image_age_s
        if limit_ms and self._age_ms(job.msg) > limit_ms:
            stream.monitor.drop(DROP_TOO_OLD)
            return None
        if isinstance(job.msg, OwnImage):
            bitmap, camera, own_depth = job.msg.bitmap, job.msg.camera, job.msg.depth
        else:
            decode = decode_image if isinstance(job.msg, Image) else decode_compressed
            bitmap = decode(job.msg, stream.to_8bit)
            camera, own_depth = stream.camera(bitmap.size_px), None
        if stream.newly_assumed(camera, start_s):
            self._log.warning(
                f"{stream.topic}: no calibration is known, so a field of view of "
                f"{stream.config.horizontal_fov_deg:g} degrees is assumed, on which distances depend; "
                "publish camera_info beside the images, or set horizontal_fov_deg"
            )
        time_s = seconds(job.msg.header.stamp)
        depth = own_depth or (lambda: stream.depth_at(job.depth_ns))
        camera_image = CameraImage(bitmap, time_s, camera, depth)
        return _DecodedImage(stream, job, camera_image, start_s, time.perf_counter())

    def _process(self, ready: Sequence[_DecodedImage]) -> None:
        """Estimate and publish; whatever goes wrong, the next image gets its chance."""
        try:
            frames = process_together([r.stream.pipeline for r in ready], [r.camera_image for r in ready])
        except Exception as error:
            if len(ready) == 1:
                self._failed(ready[0].stream, error)
                return
            for one in ready:  # what breaks one camera's image must not take the others'
                self._process([one])
            return
        for one, frame in zip(ready, frames, strict=True):
            if self._boxes.closed:
                return  # deactivated meanwhile: nothing goes out any more
            try:
                self._publish(one, frame)
            except Exception as error:
                self._failed(one.stream, error)

    def _failed(self, stream: Stream, error: Exception) -> None:
        if not ros_runs(self._node):
            return  # a signal took ROS away meanwhile: nothing goes out any more
        stream.monitor.failed(f"{type(error).__name__}: {error}")
        self._log.error("".join(traceback.format_exception(error)), throttle_duration_sec=1.0)

    def _publish(self, ready: _DecodedImage, frame: Frame) -> None:
        job, outputs, monitor = ready.job, ready.stream.outputs, ready.stream.monitor
        header = job.msg.header
        placed = self._placed(ready.stream, frame, header)
        if placed is None:
            return
        frame = placed
        decode_ms = 1e3 * (ready.decoded_s - ready.start_s) + frame.stages_ms.get("decode", 0.0)
        frame = replace(frame, stages_ms={**frame.stages_ms, "decode": decode_ms})
        stages_ms = {
            **frame.stages_ms,
            "transport": job.transport_ms,
            "wait": 1e3 * (ready.start_s - job.arrived_s),
        }
        published = outputs.publish(frame, header, ready.camera_image.bitmap, lambda: self._age_ms(job.msg))
        stages_ms["publish"] = published.publish_ms
        now_s = time.perf_counter()
        monitor.published(frame, stages_ms, published.age_ms, now_s)
        self._adapt(ready.stream.config, published.age_ms, job.transport_ms, now_s)
        outputs.publish_latency(
            header, stages_ms, published.age_ms + published.publish_ms, monitor.dropped, monitor.skipped
        )

    def _placed(self, stream: Stream, frame: Frame, header: Header) -> Frame | None:
        """The frame with its poses in ``target_frame``; None, and dropped, where TF does not know how."""
        config, transforms = stream.config, self._transforms
        if transforms is None or header.frame_id == config.target_frame:
            return frame
        wait_s = 1e-3 * config.transform_wait_ms
        try:
            placement = transforms.placement(config.target_frame, header.frame_id, header.stamp, wait_s)
        except TransformError as error:
            words = f"from {header.frame_id!r} to {config.target_frame!r} at an image's time: {error}"
            stream.monitor.drop(DROP_NO_TRANSFORM)
            stream.monitor.not_placed(words)
            self._log.warning(f"nothing published: no transform {words}", throttle_duration_sec=1.0)
            return None
        return transformed(frame, placement, config.target_frame)

    def _adapt(self, config: Settings, age_ms: float, transport_ms: float, now_s: float) -> None:
        """Leave out more where results are late, and less where there is time to spare."""
        shedder, before = self._shedder, self._shedder.level
        if config.adapt:
            shedder.record(age_ms, transport_ms, now_s, config.latency_budget_ms)
        elif before:
            shedder.reset()
        if shedder.level == before:
            return
        for stream in self._streams:
            stream.shed(shedder.level, shedder.measures)
        measures = shedder.measures
        words = measures.words(config.detect_every_n, config.process_every_n) or "full processing again"
        self._log.info(f"budget of {config.latency_budget_ms:.0f} ms: {words}")
