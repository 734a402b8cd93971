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

"""The recorder node: episodes of what nodes publish, in a process of its own."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from sensor_msgs.msg import Joy
from std_srvs.srv import Trigger

import frankmocap_ros
from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.episodes import EpisodeInfo
from frankmocap_ros.recording.image_encoding import ImageEncoding
from frankmocap_ros.recording.mcap_file import mcap_module
from frankmocap_ros.recording.message_queue import ReceivedMessage
from frankmocap_ros.recording.parameter_event import PARAMETER_EVENT, TOPIC
from frankmocap_ros.recording.recorder import Answer, Clocks, Recorder
from frankmocap_ros.recording.repair import repair, unfinished
from frankmocap_ros.recording.storage import Storage, check_folder
from frankmocap_ros.ros.common.diagnostics_messages import diagnostics, status_message
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.node_clocks import NodeClocks, steady_s
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import HEALTH, incoming
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.recorder.parameter_snapshots import ParameterSnapshots
from frankmocap_ros.ros.recorder.record_buttons import RecordButtons
from frankmocap_ros.ros.recorder.recorded_topics import RecordedTopics
from frankmocap_ros.ros.recorder.recorder_health import recorder_health
from frankmocap_ros.ros.recorder.recorder_worker import RecorderWorker
from frankmocap_ros.ros.recorder.topic_choice import TopicChoice
from frankmocap_ros.runtime.file_names import home_expanded
from frankmocap_ros.runtime.thread_priority import process_gives_way
from frankmocap_ros.settings.recorder import RecorderSettings

NODE_NAME = "recorder"
_LOOK_S: Final = 0.25
_DIAGNOSTICS_S: Final = 1.0
_AT_ONCE_S: Final = 0.001

Ask = Callable[[Callable[[Answer], None]], None]


class RecorderNode(Node):
    """Records episodes when asked to.

    The executor serves parameters and services and looks who is there; one thread takes messages, and another
    writes them: nobody who receives or answers waits for the disk.

    Raises:
        RecordingError: the folder of episodes cannot be written to.
        MissingDependencyError: the package mcap is not installed; or what images: h264 needs.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._running = False
        self._settings = Parameters(
            self, RecorderSettings, running=lambda: self._running, on_change=self._configured
        )
        config = self._settings.config
        mcap_module("writer")
        storage = _storage(config)
        check_folder(storage)
        self._repair(storage.root)
        images = None
        if config.images == "h264":
            images = ImageEncoding(storage.queue_bytes, self._tell)
            self.get_logger().info(f"images are encoded as H.264 by {images.encoder}")
        clocks = NodeClocks(self.get_clock())
        times = Clocks(clocks.ros_ns, lambda: steady_s(clocks))
        self._recorder = Recorder(storage, times, self._tell, images)
        self._choice = TopicChoice(self, config)
        self._topics = RecordedTopics(self, self._recorder)
        self._snapshots = ParameterSnapshots(self, self._put_parameters)
        self._polling = Polling(self)
        self._buttons = RecordButtons(
            config, lambda: self._from_button(self._toggle), lambda: self._from_button(self._discard)
        )
        self._polling.subscribe(Joy, "joy", self._buttons.hear, incoming(10))
        self._worker = RecorderWorker(self, self._topics, self._recorder, self._poll_buttons)
        services = ReentrantCallbackGroup()  # one waits for the disk while others are refused
        for name, serve in (("start", self._start), ("stop", self._stop), ("discard", self._discard)):
            self.create_service(Trigger, f"~/{name}", _served(serve), callback_group=services)
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        self._dropped = 0
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_LOOK_S, self._look_around, clock=steady)
        self.create_timer(_DIAGNOSTICS_S, self._diagnose, clock=steady)
        self._running = True
        self.get_logger().info(f"episodes go to {storage.root}; call ~/start, ~/stop, ~/discard")
        self._recorder.start_thread()
        self._worker.start_thread()
        self._first = self.create_timer(_AT_ONCE_S, self._begin, clock=steady)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """End the episode whole before the node goes."""
        if self._running:
            self._running = False
            config = self._settings.config
            self._worker.close()
            self._recorder.close(config.outcome, config.notes)
        super().destroy_node()

    def _begin(self) -> None:
        """Begin once the node is served: a signal before that finds nothing that has to be ended."""
        self._first.cancel()
        # before anything is subscribed to: what is latched comes once
        if self._settings.config.record_at_start:
            self._recorder.start(self._info(), lambda _: None)
            self._snapshots.begin()
        self._look_around()

    async def _start(self) -> Answer:
        granted, words = await self._asked(lambda answer: self._worker.start(self._info(), answer))
        if granted:
            self._topics.hear_latched_again()
            self._snapshots.begin()
            words += "".join(f"; nobody publishes {topic}" for topic in self._choice.missing())
        return granted, words

    async def _stop(self) -> Answer:
        return await self._end(self._settings.config.outcome)

    async def _discard(self) -> Answer:
        return await self._end("discarded")

    async def _toggle(self) -> Answer:
        return await (self._stop() if self._recorder.wants_messages else self._start())

    async def _end(self, outcome: str) -> Answer:
        notes = self._settings.config.notes
        answer = await self._asked(lambda answer: self._worker.stop(outcome, notes, answer))
        if answer[0]:  # what was said of this episode is not true of the next
            self.set_parameters([Parameter("outcome", value="unknown"), Parameter("notes", value="")])
        self._snapshots.end()
        return answer

    async def _asked(self, ask: Ask) -> Answer:
        """Let the recorder's threads answer, and wait for it beside the executor."""
        future: Future = Future(executor=self.executor)
        future.add_done_callback(lambda _: None)  # wakes the executor
        ask(future.set_result)
        answer: Any = await future
        return answer if answer is not None else (False, "the recorder ends")

    def _from_button(self, serve: Callable[[], Any]) -> None:
        """Serve a button in the executor's thread, and tell what came of it; for the polling thread."""

        async def serve_and_tell() -> None:
            granted, words = await serve()
            if not granted:
                self.get_logger().warning(words)

        if self.executor is not None:
            self.executor.create_task(serve_and_tell)

    def _poll_buttons(self) -> None:
        config = self._buttons.config
        if max(config.joy_record_button, config.joy_discard_button) >= 0:
            self._polling.poll(self.get_clock().now().nanoseconds * 1e-9)

    def _configured(self, config: RecorderSettings) -> None:
        if self._running:
            self._buttons.config = config

    def _info(self) -> EpisodeInfo:
        config = self._settings.config
        return EpisodeInfo(
            task=config.task, robot_map=config.robot_map, package_version=frankmocap_ros.__version__
        )

    def _put_parameters(self, cdr: bytes) -> None:
        now_ns = self.get_clock().now().nanoseconds
        if self._recorder.wants_messages:
            self._recorder.put(ReceivedMessage(TOPIC, PARAMETER_EVENT, cdr, now_ns, now_ns))

    def _look_around(self) -> None:
        self._topics.look_around(self._choice.wanted())
        self._snapshots.know(self._topics.publishers)

    def _repair(self, root: Path) -> None:
        """Make what the last recorder left readable."""
        for folder in unfinished(root):
            try:
                self.get_logger().warning(repair(folder).text())
            except RecordingError as error:  # which must not keep the next episode from being recorded
                self.get_logger().error(str(error))

    def _tell(self, words: str, bad: bool) -> None:
        """Log, for the recorder's thread."""
        logger = self.get_logger()
        logger.error(words) if bad else logger.info(words)

    def _diagnose(self) -> None:
        status = self._recorder.status
        dropped = status.dropped.total() if status.dropped else 0
        new, self._dropped = max(0, dropped - self._dropped), dropped
        name = self.get_fully_qualified_name().lstrip("/")
        health = recorder_health(status, new, self._choice.missing(), self._topics.names)
        message = status_message(health, f"{name}: recording", name)
        self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), message))


def _served(serve: Callable[[], Any]) -> Callable[[Trigger.Request, Trigger.Response], Any]:
    async def answer(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = await serve()
        return response

    return answer


def _storage(config: RecorderSettings) -> Storage:
    return Storage(
        home_expanded(config.folder).absolute(),
        config.max_file_mb * 1_000_000,
        config.queue_mb * 1_000_000,
        config.min_free_mb * 1_000_000,
    )


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    process_gives_way()  # to the nodes that are recorded
    return run_node(RecorderNode, args, settings, publishes_at_end=True)
