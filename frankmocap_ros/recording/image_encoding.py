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

"""Camera images on their way to the recorder: encoded as H.264 in a thread of its own."""

from __future__ import annotations

import itertools
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.messages.video import FORMAT
from frankmocap_ros.recording.cdr import Cdr
from frankmocap_ros.recording.h264 import H264Encoder, find_encoder
from frankmocap_ros.recording.message_queue import MessageQueue, ReceivedMessage
from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.sources.bag_pixels import (
    COMPRESSED,
    IMAGE,
    VIDEO,
    ImageDecoder,
    image_frame,
    image_stamp_ns,
)
from frankmocap_ros.sources.bag_types import deserialized, known_types

_WAIT_S: Final = 0.2
_DEPTH: Final = ("16UC1", "32FC1")

Mark = int
"""A place between two images; later ones are greater."""


class ImageEncoding:
    """Encodes images; its thread runs from ``start_thread`` to ``close``.

    Images of each topic ``T`` come out on ``T/h264``, depth images as they came.

    Args:
        max_bytes: of the images that wait; further ones are dropped and counted.
        tell: is given what people must know, and whether it is bad; called in the thread.

    Attributes:
        encoder: name of the encoder.

    Raises:
        MissingDependencyError: there is no encoder, or the package rosbags is not installed.
    """

    def __init__(self, max_bytes: int, tell: Callable[[str, bool], None]) -> None:
        self.encoder = find_encoder()
        with optional_import("rosbags", "images: h264 needs the package", "recordings"):
            self._types = known_types()
        self._tell = tell
        self._waiting, self._encoded = MessageQueue(max_bytes), MessageQueue(max_bytes)
        self._encoders: dict[str, H264Encoder] = {}
        self._as_they_come: set[str] = set()
        self._refused: set[str] = set()
        self._marks = itertools.count(1)
        self._reached: Mark = 0  # by who takes what is encoded
        self._released: Mark = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)

    def start_thread(self) -> None:
        """Begin to encode."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def stored_as(self, topic: str, type_name: str) -> tuple[str, str]:
        """Name and type of what becomes of a topic."""
        encoded = type_name in (IMAGE, COMPRESSED) and topic not in self._as_they_come
        return (video_topic(topic), VIDEO) if encoded else (topic, type_name)

    def takes(self, message: ReceivedMessage) -> bool:
        """Whether a message is to be encoded."""
        return message.type_name in (IMAGE, COMPRESSED) and message.topic not in self._as_they_come

    def put(self, message: ReceivedMessage) -> None:
        """Hand an image over; it is counted as dropped where the encoder is too slow."""
        self._waiting.put(message)

    def mark(self) -> Mark:
        """A mark behind the images that were put before; those after it begin with keyframes."""
        mark = next(self._marks)

        def reach() -> None:
            self._reached = mark

        def pass_on() -> None:
            self._encoders.clear()
            self._refused.clear()
            self._encoded.ask(reach)

        self._waiting.ask(pass_on)
        return mark

    def encoded(self, until: Mark | None = None) -> Iterator[ReceivedMessage]:
        """What is encoded by now, up to the next mark; for one thread.

        Args:
            until: waits for the images before this mark, and goes past it.
        """
        while True:
            if until is None and self._reached > self._released:
                return
            if until is not None and self._reached >= until:
                self._released = max(self._released, until)
                return
            entry = self._encoded.take(0.0 if until is None else _WAIT_S)
            if isinstance(entry, ReceivedMessage):
                yield entry
            elif entry is not None:
                entry()
            elif until is None or not self._thread.is_alive():
                return

    def take_dropped(self) -> Counter[tuple[str, str]]:
        """How many were dropped since the last call, by name and type of what they would have become."""
        dropped = self._encoded.take_dropped()
        for (topic, type_name), count in self._waiting.take_dropped().items():
            dropped[self.stored_as(topic, type_name)] += count
        return dropped

    def _run(self) -> None:
        while not self._ending.is_set():
            entry = self._waiting.take(_WAIT_S)
            if isinstance(entry, ReceivedMessage):
                self._encode(entry)
            elif entry is not None:
                entry()

    def _encode(self, message: ReceivedMessage) -> None:
        topic = message.topic
        try:
            encoded = self._video(message)
        except ImageError as error:
            self._refuse(message, str(error))
        except Exception:  # of FFmpeg, or a fault of this package: other topics go on
            self._refuse(message, traceback.format_exc())
        else:
            if not self._encoded.put(encoded):  # what comes next cannot be based on it
                self._encoders.pop(topic, None)

    def _video(self, message: ReceivedMessage) -> ReceivedMessage:
        """What becomes of an image."""
        topic, type_name = message.topic, message.type_name
        image = deserialized(self._types, message.cdr, type_name)
        if _is_depth(image):
            self._as_they_come.add(topic)
            return message
        bitmap = ImageDecoder(type_name).decode(image)
        encoder = self._encoders.get(topic)
        if encoder is None or encoder.size_px != bitmap.size_px:
            encoder = self._encoders[topic] = H264Encoder(self.encoder, bitmap.size_px)
        cdr = Cdr()
        seconds, nanoseconds = divmod(image_stamp_ns(image), 1_000_000_000)
        cdr.number("i", seconds)
        cdr.number("I", nanoseconds)
        cdr.text(image_frame(image))
        cdr.data(encoder.encode(bitmap, message.log_time_ns))
        cdr.text(FORMAT)
        return ReceivedMessage(
            video_topic(topic), VIDEO, cdr.finish(), message.log_time_ns, message.publish_time_ns
        )

    def _refuse(self, message: ReceivedMessage, why: str) -> None:
        """Count an image as dropped, and tell why of the first of a topic; the next is a keyframe."""
        self._encoders.pop(message.topic, None)
        self._encoded.lost(*self.stored_as(message.topic, message.type_name), 1)
        if message.topic not in self._refused:
            self._refused.add(message.topic)
            self._tell(
                f"an image of {message.topic} is dropped: {why}; correct the camera, or record with images: "
                "as_published or compressed",
                True,
            )


def video_topic(topic: str) -> str:
    """Where the images of a topic are stored."""
    return f"{topic}/{FORMAT}"


def _is_depth(image: Any) -> bool:
    if hasattr(image, "encoding"):
        return image.encoding in _DEPTH
    return "compresseddepth" in image.format.lower()
