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

"""The camera's own thread: opens the source, sends its images in time, and tries again when it is lost."""

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from rclpy.node import Node

from frankmocap_ros.errors import MocapError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import no_wider
from frankmocap_ros.runtime.diagnostic_rules import SILENT_ERROR_S
from frankmocap_ros.runtime.diagnostics import Health
from frankmocap_ros.runtime.snapshot import Level
from frankmocap_ros.runtime.timing import RateMeter
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import Source, SourceImage, open_source

FIRST_RETRY_S: Final = 0.5
LAST_RETRY_S: Final = 10.0
_LOOK_S: Final = 0.1  # how soon a video that has ended notices that it is to be looped
_RATE_WINDOW_S: Final = 3.0


class Pacer:
    """When images are due on a steady clock: without drift, and without a burst after a delay.

    Args:
        period_s: a delay up to this long is made up for; after a longer one the schedule moves [s].
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._start_s: float | None = None

    def due_s(self, media_s: float, now_s: float) -> float:
        """When the image of media time ``media_s`` is due, if it is ready at ``now_s`` [s]."""
        if self._start_s is None or now_s > self._start_s + media_s + self._period_s:
            self._start_s = now_s - media_s
        return self._start_s + media_s


@dataclass(frozen=True)
class _State:
    """What the loop does: opening, running, ended or lost; since when, on the steady clock [s]."""

    name: str
    level: Level
    text: str
    source: str
    since_s: float
    source_rate_hz: float = 0.0


class Sink(Protocol):
    """Where a camera's images go. ``prepare`` does the work, so that ``send`` takes next to no time."""

    def prepare(self, image: SourceImage, camera: Camera | None, jpeg_quality: int) -> None:
        """Make an image ready."""

    def stamp_ns(self) -> int:
        """A stamp for an image that is taken now."""

    def send(self, stamp_ns: int) -> None:
        """Send what was prepared."""


class CameraLoop:
    """Sends images from ``start`` to ``stop``.

    Args:
        node: for context and log.
        config: tells the settings; those that can change while running are asked for with each image.
        outputs: where images go.
        changed: called in the loop's thread when the source is opened, has ended or is lost, also where that
            is the end: see ``failure``.
    """

    def __init__(
        self,
        node: Node,
        config: Callable[[], CameraSettings],
        outputs: Sink,
        changed: Callable[[], None],
    ) -> None:
        self._node = node
        self._log = node.get_logger()
        self._config = config
        self._outputs = outputs
        self._changed = changed
        self._rate = RateMeter(_RATE_WINDOW_S)
        self._frames_sent = 0
        self._sent_s = 0.0
        self._stamps_ns = (0, 0)
        self._size = ""
        self._opened = False
        self.failure = ""  # why it has ended by itself; empty while it has not
        self._stop = threading.Event()
        self._state = _State("opening", Level.OK, "opening", config().source, time.perf_counter())
        self._thread = threading.Thread(target=self._run, name="camera_loop", daemon=True)

    def start(self) -> None:
        """Begin to open the source."""
        self._thread.start()

    def stop(self, timeout_s: float = 0.5) -> None:
        """End the thread; one that hangs in a driver is left alone after ``timeout_s``, and sends nothing."""
        self._stop.set()
        self._thread.join(timeout_s)

    def health(self, now_s: float) -> Health:
        """What to tell in diagnostics at the steady time ``now_s``."""
        s = self._state
        level, text = s.level, s.text
        silent_s = now_s - max(s.since_s, self._sent_s)
        patience_s = max(SILENT_ERROR_S, 2.0 / s.source_rate_hz if s.source_rate_hz else 0.0)
        if s.name in ("opening", "running") and silent_s > patience_s:
            level = Level.ERROR
            text += f", but no image for {silent_s:.1f} s: check that the camera is still connected"
        first_ns, last_ns = self._stamps_ns
        values = {
            "state": s.name,
            "source": s.source,
            "size": self._size,
            "source_rate_hz": f"{s.source_rate_hz:.2f}",
            "rate_hz": f"{self._rate.rate_hz(now_s):.2f}",
            "frames_sent": str(self._frames_sent),
            "first_stamp_s": _seconds_text(first_ns),
            "last_stamp_s": _seconds_text(last_ns),
        }
        return Health(level, text, values)

    def _enter(self, name: str, level: Level, text: str, source: str, rate_hz: float = 0.0) -> None:
        self._log.error(text) if level == Level.ERROR else self._log.info(text)
        self._state = _State(name, level, text, source, time.perf_counter(), rate_hz)
        self._changed()

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while not self._stop.is_set():
            sent = self._frames_sent
            try:
                self._play()
                continue
            except MocapError as error:
                problem = str(error)
            except Exception as error:  # whatever a driver does, the camera gets its next chance
                if not self._node.context.ok():
                    return  # ROS went first: nothing can be sent any more
                self._log.error(traceback.format_exc())
                problem = f"{type(error).__name__}: {error}"
            if self._frames_sent > sent:
                retry_s = FIRST_RETRY_S
            source = self._config().source
            if not self._opened and not self._config().wait_for_source:
                self.failure = problem
                self._state = _State("lost", Level.ERROR, problem, source, time.perf_counter())
                self._changed()
                return
            self._enter("lost", Level.ERROR, f"{problem}; retrying in {retry_s:g} s", source)
            self._stop.wait(retry_s)
            retry_s = min(2.0 * retry_s, LAST_RETRY_S)

    def _play(self) -> None:
        """Open the source and send its images until ``stop``.

        Raises:
            MocapError: the source cannot be opened, or is lost.
        """
        config = self._config()
        # the synthetic figure lives by the clock of the stamps, so that its estimator knows the same pose
        start_s = 1e-9 * self._node.get_clock().now().nanoseconds
        with contextlib.closing(open_source(config, start_s)) as source:
            self._opened = True
            rate_hz = config.rate_hz or source.rate_hz
            running = ("running", Level.OK, f"{source.name}, {rate_hz:g} Hz", source.name, rate_hz)
            self._enter(*running)
            pacer = Pacer(1.0 / rate_hz)
            count, media_s, begin_s = 0, 0.0, 0.0
            while not self._stop.is_set():
                image = source.read()
                if image is None:
                    if not self._config().loop:
                        self._wait_for_loop(source)
                        self._enter(*running)
                    source.rewind()
                    begin_s = media_s + 1.0 / rate_hz
                    continue
                # a source that has the wanted rate already keeps its own times, gaps included
                retimed = config.rate_hz and config.rate_hz != source.rate_hz
                media_s = count / rate_hz if retimed else begin_s + image.time_s
                due_s = pacer.due_s(media_s, time.perf_counter())
                if source.live:
                    if config.rate_hz and time.perf_counter() < due_s:
                        continue
                    due_s = 0.0
                camera = None if config.horizontal_fov_deg else source.camera
                self._send(image, camera, due_s)
                count += 1

    def _wait_for_loop(self, source: Source) -> None:
        """Say that the source has ended, and wait until it is to be looped, or for ``stop``."""
        text = f"{source.name} ended after {self._frames_sent} images; set loop: true to repeat it"
        self._enter("ended", Level.OK, text, source.name)
        while not self._config().loop and not self._stop.wait(_LOOK_S):
            pass

    def _send(self, image: SourceImage, camera: Camera | None, due_s: float) -> None:
        """Send an image at the steady time ``due_s``, or at once where that is past.

        A file's image is made ready before its time and stamped then; one of a real camera is stamped now.
        """
        config = self._config()
        stamp_ns = None if due_s else self._outputs.stamp_ns()
        image = replace(image, pixels=no_wider(image.pixels, config.width))
        height, width = image.pixels.shape[:2]
        if config.horizontal_fov_deg:
            camera = Camera.from_fov(width, height, config.horizontal_fov_deg)
        elif camera is not None:
            camera = camera.scaled_to(width, height)
        self._outputs.prepare(image, camera, config.jpeg_quality)
        if self._stop.wait(max(0.0, due_s - time.perf_counter())):
            return
        if stamp_ns is None:
            stamp_ns = self._outputs.stamp_ns()
        self._outputs.send(stamp_ns)
        self._size = f"{width}x{height}"
        self._stamps_ns = (self._stamps_ns[0] or stamp_ns, stamp_ns)
        self._frames_sent += 1
        self._sent_s = time.perf_counter()
        self._rate.tick(self._sent_s)


def _seconds_text(stamp_ns: int) -> str:
    """A stamp as text in seconds, exact; ``none`` before the first."""
    return f"{stamp_ns // 1_000_000_000}.{stamp_ns % 1_000_000_000:09d}" if stamp_ns else "none"
