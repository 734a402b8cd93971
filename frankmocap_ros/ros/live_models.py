"""Parameters that need another model: their services wait for it, and nothing else does."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from frankmocap_ros.config import MocapConfig
from frankmocap_ros.errors import MocapError
from frankmocap_ros.ros.model import Loader
from frankmocap_ros.ros.parameters import Parameters


def await_models(node: Node, settings: Parameters[MocapConfig], loader: Loader) -> None:
    """Let the services that set parameters load a model first, where one is needed, beside the executor.

    Whoever calls them waits for the answer until the model is there, and gets the reason where it cannot be
    had. Services of parameters share rclpy's default callback group, so that requests are answered in their
    order; what must not wait for them has to be in a group of its own.

    Args:
        node: whose services they are.
        settings: the node's parameters.
        loader: loads models.
    """

    async def loaded(parameters: Sequence[Parameter]) -> SetParametersResult | None:
        config = settings.to_load(parameters)
        if config is None or settings.wrong_type(parameters) is not None:
            return None
        future: Future[Exception | None] = Future(executor=node.executor)
        future.add_done_callback(lambda _: None)  # wakes the executor
        try:
            loader.begin(config, future.set_result)
        except MocapError as busy:
            return SetParametersResult(successful=False, reason=str(busy))
        error = await future
        if error is None:
            return None
        reason = str(error) if isinstance(error, MocapError) else f"{type(error).__name__}: {error}"
        return SetParametersResult(successful=False, reason=reason)

    def wrapped(plain: Callable[[Any, Any], Any], atomic: bool) -> Callable[[Any, Any], Awaitable[Any]]:
        async def one(request: Any, response: Any) -> Any:
            refused = await loaded([Parameter.from_parameter_msg(p) for p in request.parameters])
            if refused is None:
                return plain(request, response)
            response.result = refused
            return response

        async def each(request: Any, response: Any) -> Any:
            for p in request.parameters:
                refused = await loaded([Parameter.from_parameter_msg(p)])
                if refused is None:
                    answer = plain(SetParameters.Request(parameters=[p]), SetParameters.Response())
                    (refused,) = answer.results
                response.results.append(refused)
            return response

        return one if atomic else each

    for service in node.services:
        if service.srv_type in (SetParameters, SetParametersAtomically):
            service.callback = wrapped(service.callback, service.srv_type is SetParametersAtomically)
