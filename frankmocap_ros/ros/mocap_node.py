"""The mocap node: images in, bodies out. A lifecycle node that starts itself."""

import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.config import MocapConfig
from frankmocap_ros.errors import MocapError
from frankmocap_ros.estimators.base import Estimator, mesh_estimator
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.health import assess
from frankmocap_ros.pipeline import Pipeline
from frankmocap_ros.ros.monitor import Monitor, diagnostics, status_message
from frankmocap_ros.ros.outputs import Outputs
from frankmocap_ros.ros.parameters import Parameters
from frankmocap_ros.ros.qos import IMAGES, OVERRIDABLE
from frankmocap_ros.ros.worker import Worker
from frankmocap_ros.search import BackgroundSearch
from frankmocap_ros.tracking import Tracker

NODE_NAME = "frankmocap"


class MocapNode(LifecycleNode):
    """Publishes everybody in the images of one camera.

    Configuring makes and warms up the estimator; activating subscribes and starts the worker.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._pipeline: Pipeline | None = None
        self._search: BackgroundSearch | None = None
        self._outputs: Outputs | None = None
        self._worker: Worker | None = None
        self._subscriptions_in: list[Subscription[Any]] = []
        self._monitor = Monitor()
        self._tracker = Tracker()  # lives as long as the node: its ids are never used again
        self._enabled = True
        self._count = 0
        self._problem: str | None = None
        self._settings = Parameters(
            self, MocapConfig, running=lambda: self._pipeline is not None, on_change=self._configured
        )
        self.create_service(SetBool, "~/enable", self._on_enable)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(
            self._settings.config.diagnostics_period_s, self._diagnose, clock=self._steady
        )
        if self._settings.config.autostart and self._to(self.trigger_configure()):
            self._to(self.trigger_activate())

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    @staticmethod
    def _to(result: TransitionCallbackReturn) -> bool:
        return result == TransitionCallbackReturn.SUCCESS

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make and warm up the estimator; stays unconfigured, saying why, where that fails."""
        config = self._settings.config
        estimator: Estimator | None = None
        try:
            estimator = make_estimator(config, self._tell, self._warn)
            start_s = time.perf_counter()
            estimator.warm_up()
            self._outputs = Outputs(self, config.joint_topics, mesh_estimator(estimator))
        except Exception as error:  # rclpy would swallow it without a word
            if estimator is not None:
                estimator.close()
            if not self.context.ok():
                return TransitionCallbackReturn.FAILURE  # a signal ended the process meanwhile
            self._problem = str(error) if isinstance(error, MocapError) else traceback.format_exc()
            self.get_logger().error(f"cannot configure: {self._problem}")
            return TransitionCallbackReturn.FAILURE
        self._problem = None
        self.get_logger().info(
            f"estimator {estimator.name} on {estimator.capabilities.device}, "
            f"warmed up in {time.perf_counter() - start_s:.2f} s"
        )
        if estimator.capabilities.warning:
            self.get_logger().warning(estimator.capabilities.warning)
        if estimator.capabilities.detects_apart:
            self._search = BackgroundSearch(estimator)
        self._pipeline = Pipeline(estimator, config, time.perf_counter, self._tracker, self._search)
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and start the worker."""
        assert self._pipeline is not None
        assert self._outputs is not None
        self._pipeline.reset()
        self._monitor.reset(time.perf_counter())
        self._worker = Worker(self, self._pipeline, self._outputs, self._monitor)
        compressed = self._pipeline.config.image_transport == "compressed"
        kind, topic = (CompressedImage, "image/compressed") if compressed else (Image, "image")
        self._subscriptions_in = [
            self._subscribe(kind, topic, self._on_image),
            self._subscribe(CameraInfo, "camera_info", self._worker.set_camera_info),
        ]
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the worker; nothing is published any more."""
        self._stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back, for good."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall back to unconfigured."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """Stop the worker before the node goes."""
        self._release()
        super().destroy_node()

    def _stop(self) -> None:
        for subscription in self._subscriptions_in:
            self.destroy_subscription(subscription)
        self._subscriptions_in = []
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def _release(self) -> None:
        self._stop()
        if self._outputs is not None:
            self._outputs.destroy()
            self._outputs = None
        if self._search is not None:
            self._search.close()
            self._search = None
        if self._pipeline is not None:
            self._pipeline.estimator.close()
            self._pipeline = None

    def _subscribe(self, kind: type, topic: str, callback: Callable[[Any], None]) -> Subscription:
        qos = copy(IMAGES)  # rclpy writes the overrides of this topic into it
        return self.create_subscription(kind, topic, callback, qos, qos_overriding_options=OVERRIDABLE)

    def _tell(self, text: str) -> None:
        self.get_logger().info(text)

    def _warn(self, text: str) -> None:
        self.get_logger().warning(text)

    def _configured(self, config: MocapConfig) -> None:
        """Bring changed settings into force."""
        if self._pipeline is not None:
            self._pipeline.config = config
        period_ns = round(1e9 * config.diagnostics_period_s)
        if self._timer.timer_period_ns != period_ns:
            self._timer.timer_period_ns = period_ns

    def _on_image(self, msg: Image | CompressedImage) -> None:
        self._monitor.arrived(time.perf_counter())
        self._count += 1
        if not self._enabled or self._count % self._settings.config.process_every_n:
            self._monitor.skip()
        elif self._worker is not None:
            self._worker.hand_over(msg)

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = "images are processed" if request.data else "images are left out"
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._worker is not None
        response.message = "everybody is forgotten" if response.success else "the node is not active"
        if self._worker is not None:
            self._worker.reset()
        return response

    def _diagnose(self) -> None:
        """Publish the node's health."""
        config = self._settings.config
        topic = "image/compressed" if config.image_transport == "compressed" else "image"
        if self._problem is not None:
            self._monitor.failed(self._problem)
        health = assess(
            self._monitor.snapshot(
                time.perf_counter(),
                active=self._worker is not None,
                estimator=self._pipeline.estimator if self._pipeline else None,
                topic=self.resolve_topic_name(topic),
                config=config,
            )
        )
        name = self.get_fully_qualified_name().lstrip("/")
        status = status_message(health, f"{name}: body tracking", name)
        self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), status))


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; returns the exit code."""
    try:
        rclpy.init(args=list(args) if args is not None else None)
    except RuntimeError as error:  # rclpy's own: an argument or a parameter file that it cannot read
        print(f"frankmocap_node: {error}", file=sys.stderr)
        return 2
    node: MocapNode | None = None
    try:
        node = MocapNode()
        if rclpy.ok():
            rclpy.spin(node)
    except MocapError as error:
        print(f"frankmocap_node: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok():
            raise
        # a signal took ROS away while the node was still being made
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # impatience must not cut the tidying short
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
