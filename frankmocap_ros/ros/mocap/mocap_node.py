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

"""The mocap node: images in, bodies out. A lifecycle node that starts itself."""

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.errors import EstimatorError, MissingDependencyError, MocapError, SettingError
from frankmocap_ros.estimators.base import mesh_estimator
from frankmocap_ros.ros.common.diagnostics_messages import diagnostics, status_message
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import HEALTH
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.common.transforms import Transforms, need_packages
from frankmocap_ros.ros.common.transitions import in_turn, refuse_what_is_impossible, told
from frankmocap_ros.ros.mocap.calibration import CalibrationService
from frankmocap_ros.ros.mocap.humans import Humans
from frankmocap_ros.ros.mocap.inputs import AnyImage, OwnCamera, Subscriptions
from frankmocap_ros.ros.mocap.live_models import await_models
from frankmocap_ros.ros.mocap.mocap_diagnostics import healths
from frankmocap_ros.ros.mocap.model import Loader, Model, load_model
from frankmocap_ros.ros.mocap.model_swaps import ModelSwaps
from frankmocap_ros.ros.mocap.outputs import Outputs
from frankmocap_ros.ros.mocap.reviews import Reviews
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.ros.mocap.worker import Worker
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks, take_turns_quickly
from frankmocap_ros.settings.mocap import Settings, camera_names
from frankmocap_ros.tracking.pipeline import Pipeline
from frankmocap_ros.tracking.tracker import Tracker

NODE_NAME = "frankmocap"


class MocapNode(LifecycleNode):
    """Publishes all people in the images of one or several cameras.

    Configuring loads and warms up the model; activating subscribes and starts the worker.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        # parameters wait for a model that is loaded; images and all else do not wait for parameters
        self._prompt = MutuallyExclusiveCallbackGroup()
        self._model: Model | None = None
        self._streams: list[Stream] = []
        self._inputs: list[Subscriptions | OwnCamera] = []
        self._worker: Worker | None = None
        self._transforms: Transforms | None = None
        self._humans: Humans | None = None
        self._collector = Collector()
        self._loader = Loader(self, self._collector)
        self._reviews = Reviews(self, self._loader, self._current, self._take_loaded, self._prompt)
        self._run_id = secrets.randbits(64)  # tells this start's ids from those of any other
        self._trackers: dict[str, Tracker] = {}  # live as long as the node: their ids are never used again
        self._swaps = ModelSwaps(self._collector, lambda: self._worker)
        self._enabled = True
        self.problem: str | None = None
        self._calibration = CalibrationService(self, lambda: self._streams, lambda: self._worker)
        self._settings = Parameters(
            self,
            Settings,
            running=lambda: self._model is not None,
            on_change=self._configured,
            load=self._load,
        )
        self.add_on_set_parameters_callback(self._only_what_is_installed)
        await_models(self, self._settings, self._loader)
        refuse_what_is_impossible(self)
        self.create_service(SetBool, "~/enable", self._on_enable, callback_group=self._prompt)
        self.create_service(Trigger, "~/reset", self._on_reset, callback_group=self._prompt)
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        period_s = self._settings.config.diagnostics_period_s
        self._timer = self.create_timer(
            period_s, self._diagnose, clock=self._steady, callback_group=self._prompt
        )
        if self._settings.config.autostart and self._to(self.trigger_configure()):
            self._to(self.trigger_activate())

    @property
    def loading(self) -> bool:
        """Whether another model is being loaded."""
        return self._loader.busy

    @property
    def streams(self) -> Sequence[Stream]:
        """What is heard and told of each camera, in the order of the settings; none until configured."""
        return tuple(self._streams)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def _only_what_is_installed(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        """Refuse, with a reason, what needs a ROS package that is not there."""
        try:
            need_packages(self._settings.changed(parameters), {p.name for p in parameters})
        except MissingDependencyError as error:
            return SetParametersResult(successful=False, reason=str(error))
        except SettingError:
            pass  # refused where it is checked
        return SetParametersResult(successful=True)

    @staticmethod
    def _to(result: TransitionCallbackReturn) -> bool:
        return result == TransitionCallbackReturn.SUCCESS

    @told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model."""
        config = self._settings.config
        self._loader.open()
        need_packages(config)
        if config.target_frame:
            self._transforms = Transforms(self)
        self._model = model = load_model(self, config)
        self._reviews.of(model)
        names = camera_names(config.image_topics) or ("",)
        topics = config.image_topics or ("image",)
        for name, topic in zip(names, topics, strict=True):
            self._streams.append(self._stream(name, topic, model, config))
        self.problem = None
        return TransitionCallbackReturn.SUCCESS

    def _stream(self, name: str, topic: str, model: Model, config: Settings) -> Stream:
        tracker = self._trackers.setdefault(name, Tracker())
        pipeline = Pipeline(model.estimator, config, time.perf_counter, tracker, model.search())
        outputs = Outputs(self, self._run_id, config.joint_topics, mesh_estimator(model.estimator), name)
        return Stream(name, topic, pipeline, outputs)

    @told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and start the worker."""
        config = self._settings.config
        for stream in self._streams:
            stream.pipeline.reset()
            stream.monitor.reset(time.perf_counter())
            stream.forget_stamps()
        self._collector.start()
        if config.rep155:
            self._humans = humans = Humans(self, [stream.name for stream in self._streams])
            for slot, stream in enumerate(self._streams):
                stream.outputs.humans = partial(humans.offer, slot)
        self._worker = Worker(self, self._streams, self._collector, self._transforms)
        for slot, stream in enumerate(self._streams):
            self._inputs.append(self._input(slot, stream, config))
        return super().on_activate(state)

    def _input(self, slot: int, stream: Stream, config: Settings) -> Subscriptions | OwnCamera:
        def on_image(msg: AnyImage) -> None:
            self._on_image(slot, msg)

        if config.source:
            return OwnCamera(self, config, on_image)
        return Subscriptions(self, stream, config, on_image, self._prompt)

    @told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the worker; nothing is published any more."""
        self._stop()
        return super().on_deactivate(state)

    @told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    @told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back, for good."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    @told
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall back to unconfigured after a transition that raised."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """Stop the worker before the node goes."""
        self._release()
        super().destroy_node()

    def _stop(self) -> None:
        inputs, self._inputs = self._inputs, []
        worker, self._worker = self._worker, None
        humans, self._humans = self._humans, None
        in_turn(
            *(one.destroy for one in inputs),
            *([worker.stop] if worker is not None else []),
            self._calibration.end,
            self._collector.stop,
            self._offer_to_nobody,
            *([humans.close] if humans is not None else []),
        )

    def _offer_to_nobody(self) -> None:
        for stream in self._streams:
            stream.outputs.humans = None

    def _release(self) -> None:
        in_turn(self._stop, self._give_back)

    def _give_back(self) -> None:
        streams, self._streams = self._streams, []
        transforms, self._transforms = self._transforms, None
        model, self._model = self._model, None
        in_turn(
            *(stream.outputs.destroy for stream in streams),
            *([transforms.close] if transforms is not None else []),
            self._loader.close,
            self._swaps.finish,
            *([model.close] if model is not None else []),
        )

    def _load(self, config: Settings) -> None:
        """Have the model of a config; here only where parameters are set in this process, which then waits.

        Raises:
            MocapError: it cannot be had.
        """
        try:
            self._loader.have(config)
        except MocapError:
            raise
        except Exception as error:  # rclpy would let it end the node
            raise EstimatorError(f"{type(error).__name__}: {error}") from error

    def _current(self) -> tuple[Model | None, Settings]:
        return self._model, self._settings.config

    def _take_loaded(self) -> None:
        """Go on with the model that was loaded for the settings as they are."""
        self._configured(self._settings.config)

    def _configured(self, config: Settings) -> None:
        """Bring changed settings into force."""
        model = self._loader.loaded(config)
        swap = None
        if model is not None and self._model is not None:
            swap = self._swaps.prepared(self._streams, self._model, model)
            self._model = model
            self._reviews.of(model)

        def bring_into_force() -> None:
            for stream in self._streams:
                stream.set_config(self._settings.config)
            if swap is not None:
                swap()

        if self._worker is not None:
            self._worker.between_frames(bring_into_force)
        else:
            bring_into_force()
        period_ns = round(1e9 * config.diagnostics_period_s)
        if self._timer.timer_period_ns != period_ns:
            self._timer.timer_period_ns = period_ns

    def _on_image(self, slot: int, msg: AnyImage) -> None:
        stream = self._streams[slot]
        worker = self._worker
        if worker is None:
            return  # deactivated while it came
        stream.monitor.arrived(time.perf_counter())
        stream.count += 1
        depth_ns = stream.take_stamp(msg.header.stamp, self.get_clock().now().nanoseconds)
        if not stream.in_order(msg.header.stamp):
            return
        every = self._settings.config.process_every_n * worker.process_every
        if not self._enabled or stream.spacing.leaves_out(every):
            stream.monitor.skip()
        else:
            worker.hand_over(msg, slot, depth_ns)

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = "images are processed" if request.data else "images are skipped"
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._worker is not None
        response.message = "all people were forgotten" if response.success else "the node is not active"
        if self._worker is not None:
            self._worker.reset()
        return response

    def _diagnose(self) -> None:
        """Publish the node's health, one status for each camera."""
        self._reviews.try_again()
        for fault in (stream.new_stamp_fault for stream in self._streams):
            if fault:
                self.get_logger().warning(fault)
        name = self.get_fully_qualified_name().lstrip("/")
        statuses = [
            status_message(health, f"{name}: {what}", name)
            for health, what in healths(self._streams, self._inputs, self._settings.config, self.problem)
        ]
        self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), *statuses))


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    keep_freed_memory()
    leave_cores_to_networks()
    take_turns_quickly()
    made: list[MocapNode] = []

    def make(**how: Any) -> MocapNode:
        made.append(MocapNode(**how))
        return made[0]

    code = run_node(make, args, settings)
    if made and made[0].loading:
        os._exit(code)  # its thread may be loading libraries: their destructors must not run beside it
    return code
