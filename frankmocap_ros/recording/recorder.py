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

"""Records episodes in a thread of its own: who hands messages over never waits for the disk."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from frankmocap_ros.errors import MocapError, RecordingError
from frankmocap_ros.recording.episodes import EpisodeInfo, TopicCount, next_episode
from frankmocap_ros.recording.image_encoding import ImageEncoding, Mark, video_topic
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
from frankmocap_ros.recording.message_queue import MessageQueue, ReceivedMessage
from frankmocap_ros.recording.recorder_words import next_step, summary, why_not
from frankmocap_ros.recording.repair import repair
from frankmocap_ros.recording.storage import Storage, check_space

_FLUSH_S: Final = 1.0  # a kill takes no more than this
_LOOK_S: Final = 0.1

Answer = tuple[bool, str]
"""Whether granted, and in words."""


@dataclass(frozen=True)
class Clocks:
    """Where times come from.

    Attributes:
        now_ns: the recorder's clock [ns], which messages are logged by.
        steady_s: never set back [s].
    """

    now_ns: Callable[[], int]
    steady_s: Callable[[], float]


@dataclass(frozen=True)
class Status:
    """How it stands.

    Attributes:
        recording: whether an episode is being recorded.
        episode: name of its folder, or of the last one's; empty where there was none.
        messages: in it.
        dropped: of messages that came and are not in it, by topic.
        problem: what ended the last episode before it was asked to; empty where nothing did.
    """

    recording: bool = False
    episode: str = ""
    messages: int = 0
    dropped: Counter[str] | None = None
    problem: str = ""


class Recorder:
    """Writes episodes; its thread runs from ``start_thread`` to ``close``.

    Args:
        storage: where they go.
        clocks: where times come from.
        tell: is given what people must know, and whether it is bad; called in the recorder's thread.
        images: encodes images; None for images as they came.
    """

    def __init__(
        self,
        storage: Storage,
        clocks: Clocks,
        tell: Callable[[str, bool], None],
        images: ImageEncoding | None = None,
    ) -> None:
        self._storage, self._clocks, self._tell, self._images = storage, clocks, tell, images
        self._queue = MessageQueue(storage.queue_bytes)
        self._writer: EpisodeWriter | None = None
        self._wanted = False
        self._refused: set[str] = set()
        self._offers: dict[str, str] = {}
        self._flushed_s = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.status = Status()

    def start_thread(self) -> None:
        """Begin to serve."""
        if self._images is not None:
            self._images.start_thread()
        self._thread.start()

    @property
    def wants_messages(self) -> bool:
        """Whether messages are of use: from the request to start on."""
        return self._wanted

    def describe(self, topic: str, qos: str) -> None:
        """Say what a topic's publishers offer, as ``topics.qos_text`` has it, before its first message."""
        self._offers[topic] = qos
        if self._images is not None:
            self._offers[video_topic(topic)] = qos

    def put(self, message: ReceivedMessage) -> None:
        """Hand a message over; it is counted as dropped where disk or encoder are too slow."""
        if self._images is not None and self._images.takes(message):
            self._images.put(message)
        else:
            self._queue.put(message)

    def lost(self, topic: str, type_name: str, count: int) -> None:
        """Count messages that never came here as dropped."""
        stored = (topic, type_name) if self._images is None else self._images.stored_as(topic, type_name)
        self._queue.lost(*stored, count)

    def start(self, info: EpisodeInfo, answer: Callable[[Answer], None]) -> None:
        """Begin an episode with the messages that are put after this call.

        Args:
            info: what is known of it; its start is the time of this call.
            answer: is called in the recorder's thread.
        """
        info.start_ns = self._clocks.now_ns()
        self._wanted = True
        self._ask(lambda: answer(self._begin(info)))

    def stop(self, outcome: str, notes: str, answer: Callable[[Answer], None]) -> None:
        """End the episode after the messages that were put before this call.

        Args:
            outcome: of the episode, see ``EpisodeInfo``.
            notes: in words.
            answer: is called in the recorder's thread.
        """
        end_ns = self._clocks.now_ns()
        self._wanted = False
        self._ask(lambda: answer(self._end(outcome, notes, end_ns)))

    def close(self, outcome: str = "unknown", notes: str = "") -> None:
        """End the episode whole, if there is one, and the thread."""
        if self._thread.is_alive():
            self.stop(outcome, notes, lambda _: self._ending.set())
            self._thread.join()
        if self._images is not None:
            self._images.close()

    def _ask(self, request: Callable[[], None]) -> None:
        """Have something done after everything that was put before, images among it."""
        mark = self._mark()

        def serve() -> None:
            self._write_images(mark)
            request()

        self._queue.ask(serve)

    def _mark(self) -> Mark | None:
        return None if self._images is None else self._images.mark()

    def _run(self) -> None:
        while not self._ending.is_set():
            entry = self._queue.take(_LOOK_S)
            try:
                if isinstance(entry, ReceivedMessage):
                    self._write(entry)
                elif entry is not None:
                    entry()
                self._write_images()
                self._flush_if_due()
            except Exception:  # a fault of this package: what was written must stay readable
                self._tell(traceback.format_exc(), True)
                self._give_up("the recorder failed (its log says how)")

    def _begin(self, info: EpisodeInfo) -> Answer:
        if self._writer is not None:
            return False, f"{self._writer.folder.name} is being recorded; call ~/stop or ~/discard first"
        try:
            folder = next_episode(self._storage.root)
            check_space(self._storage)
            self._writer = EpisodeWriter(folder, info, self._storage.max_file_bytes)
        except (MocapError, OSError) as error:
            self._wanted = False
            self.status = Status(problem=str(error))
            self._tell(f"no episode is begun: {error}", True)
            return False, str(error)
        self._refused.clear()
        self._take_dropped()
        self._flushed_s = self._clocks.steady_s()
        self.status = Status(True, folder.name, 0, Counter())
        self._tell(f"recording {folder}", False)
        return True, f"recording {folder.name}"

    def _end(self, outcome: str, notes: str, end_ns: int) -> Answer:
        if self._writer is None:
            return False, self.status.problem or "nothing is being recorded; call ~/start"
        writer, notes = self._writer, "; ".join(words for words in (notes, self.status.problem) if words)
        self._count_dropped(writer)
        try:
            writer.finish(outcome, notes, end_ns)
        except (MocapError, OSError) as error:
            return False, self._give_up(why_not(error), outcome)
        self._writer, self._wanted = None, False
        self.status = replace(self.status, recording=False)
        words = summary(writer.folder, writer.info)
        self._tell(words, bool(self.status.dropped))
        return True, words

    def _write(self, message: ReceivedMessage) -> None:
        writer = self._writer
        if writer is None:
            return
        try:
            topic, type_name = message.topic, message.type_name
            writer.add_topic(topic, type_name, self._offers.get(topic, ""))
            writer.write(topic, type_name, message.cdr, message.log_time_ns, message.publish_time_ns)
        except RecordingError as error:  # of this topic alone
            self._queue.lost(message.topic, message.type_name, 1)
            if message.topic not in self._refused:
                self._refused.add(message.topic)
                self._tell(f"{message.topic} is not recorded: {error}", True)
        except OSError as error:
            self._give_up(why_not(error))

    def _write_images(self, until: Mark | None = None) -> None:
        """Write the images that are encoded by now; all of those before a mark."""
        if self._images is not None:
            for message in self._images.encoded(until):
                self._write(message)

    def _flush_if_due(self) -> None:
        """Once a second: write out, count what was dropped, and look how full the disk is."""
        writer, now_s = self._writer, self._clocks.steady_s()
        if writer is None or now_s - self._flushed_s < _FLUSH_S:
            return
        self._flushed_s = now_s
        self._count_dropped(writer)
        try:
            writer.flush()
            check_space(self._storage)
        except RecordingError as error:
            self.status = replace(self.status, problem=f"ended by itself: {error}")
            self._tell(f"{writer.folder.name} is {self.status.problem}", True)
            self._write_images(self._mark())
            self._end(writer.info.outcome, "", self._clocks.now_ns())
            return
        except OSError as error:
            self._give_up(why_not(error))
            return
        messages = sum(count.messages for count in writer.info.topics.values())
        self.status = replace(self.status, messages=messages)

    def _count_dropped(self, writer: EpisodeWriter) -> None:
        """Bring what was dropped into the episode's own account."""
        new = self._take_dropped()
        for (topic, type_name), count in new.items():
            writer.info.topics.setdefault(topic, TopicCount(type_name)).dropped += count
        if new:
            told = Counter(self.status.dropped or ())
            first = [topic for topic, _ in new if topic not in told]
            told.update({topic: count for (topic, _), count in new.items()})
            self.status = replace(self.status, dropped=told)
            if first:
                self._tell(
                    f"messages are dropped of {', '.join(first)}: they come faster than they can be "
                    "written or encoded; record fewer topics or compressed images, free some cores (the "
                    "recorder gives way to other processes), or name a faster disk",
                    True,
                )

    def _take_dropped(self) -> Counter[tuple[str, str]]:
        dropped = self._queue.take_dropped()
        return dropped if self._images is None else dropped + self._images.take_dropped()

    def _give_up(self, why: str, outcome: str = "") -> str:
        """Keep what was written of an episode that cannot go on; what is lost, in words."""
        writer, self._writer, self._wanted = self._writer, None, False
        if writer is None:
            return why
        writer.close()
        try:
            words = f"{repair(writer.folder, outcome, why).text()}. Reason: {why}; {next_step(why)}"
        except MocapError as error:
            words = f"{why}; {error}"
        self.status = replace(self.status, recording=False, problem=words)
        self._tell(words, True)
        return words
