"""The one thread that decodes, estimates and publishes. The executor only hands images over."""

import threading
import time
import traceback
from dataclasses import dataclass, replace

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.errors import ImageError
from frankmocap_ros.health import DROP_OVERWRITTEN, DROP_TOO_OLD
from frankmocap_ros.mailbox import Mailbox
from frankmocap_ros.pipeline import Picture, Pipeline
from frankmocap_ros.ros.compressed import decode_compressed
from frankmocap_ros.ros.conversions import camera_of, seconds
from frankmocap_ros.ros.images import decode_image
from frankmocap_ros.ros.monitor import Monitor
from frankmocap_ros.ros.outputs import Outputs
from frankmocap_ros.ros.running import ros_runs


@dataclass(frozen=True, eq=False)
class _Job:
    """One image on its way: the message, and the steady time of its arrival [s] with its age then [ms]."""

    msg: Image | CompressedImage
    arrived_s: float
    transport_ms: float


class Worker:
    """Takes the newest image, runs the pipeline on it and publishes the result.

    Args:
        node: for clock and log.
        pipeline: used by the worker's thread only.
        outputs: where frames go.
        monitor: where counts and times go.
    """

    def __init__(self, node: LifecycleNode, pipeline: Pipeline, outputs: Outputs, monitor: Monitor) -> None:
        self._node = node
        self._log = node.get_logger()
        self._pipeline = pipeline
        self._outputs = outputs
        self._monitor = monitor
        self._mailbox: Mailbox[_Job] = Mailbox()
        self._reset = threading.Event()
        self._info: CameraInfo | None = None
        self._thread = threading.Thread(target=self._run, name="mocap_worker", daemon=True)
        self._thread.start()

    def hand_over(self, msg: Image | CompressedImage) -> None:
        """Leave an image for the worker; one that still waits is dropped for it."""
        job = _Job(msg, time.perf_counter(), self._age_ms(msg))
        if self._mailbox.put(job):
            self._monitor.drop(DROP_OVERWRITTEN)

    def set_camera_info(self, info: CameraInfo) -> None:
        """Use this calibration from the next image on."""
        self._info = info

    def reset(self) -> None:
        """Forget everybody before the next image."""
        self._reset.set()

    def stop(self) -> None:
        """End the thread after the image under way."""
        self._mailbox.close()
        self._thread.join()

    def _age_ms(self, msg: Image | CompressedImage) -> float:
        """Age of an image by the node's clock, negative where its stamp lies in the future [ms]."""
        stamp = msg.header.stamp
        return 1e-6 * (self._node.get_clock().now().nanoseconds - (stamp.sec * 1_000_000_000 + stamp.nanosec))

    def _run(self) -> None:
        while (job := self._mailbox.take()) is not None:
            try:
                self._process(job)
            except ImageError as error:
                self._monitor.drop(error.reason)
                self._log.warning(f"image dropped ({error.reason}): {error}", throttle_duration_sec=1.0)
            except Exception as error:  # whatever an estimator does, the next image gets its chance
                if not ros_runs(self._node):
                    return  # a signal took ROS away meanwhile: nothing goes out any more
                self._monitor.failed(f"{type(error).__name__}: {error}")
                self._log.error(traceback.format_exc(), throttle_duration_sec=1.0)

    def _process(self, job: _Job) -> None:
        start_s = time.perf_counter()
        limit_ms = 1e3 * self._pipeline.config.max_image_age_s
        if limit_ms and self._age_ms(job.msg) > limit_ms:
            self._monitor.drop(DROP_TOO_OLD)
            return
        if self._reset.is_set():
            self._reset.clear()
            self._pipeline.reset()
        decode = decode_image if isinstance(job.msg, Image) else decode_compressed
        bitmap = decode(job.msg)
        info = self._info
        camera = camera_of(info, *bitmap.size_px) if info is not None else None
        decoded_s = time.perf_counter()
        header = job.msg.header
        frame = self._pipeline.process(Picture(bitmap, seconds(header.stamp), camera))
        decode_ms = 1e3 * (decoded_s - start_s) + frame.stages_ms.get("decode", 0.0)
        frame = replace(frame, stages_ms={**frame.stages_ms, "decode": decode_ms})
        stages_ms = {
            **frame.stages_ms,
            "transport": job.transport_ms,
            "wait": 1e3 * (start_s - job.arrived_s),
        }
        if self._mailbox.closed:
            return  # deactivated meanwhile: nothing goes out any more
        published = self._outputs.publish(frame, header, bitmap, lambda: self._age_ms(job.msg))
        stages_ms["publish"] = published.publish_ms
        self._monitor.published(frame, stages_ms, published.age_ms, time.perf_counter())
        self._outputs.publish_latency(
            header,
            stages_ms,
            published.age_ms + published.publish_ms,
            self._monitor.dropped,
            self._monitor.skipped,
        )
