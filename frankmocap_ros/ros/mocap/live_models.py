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

"""Parameters that need another model: their services wait for it, and nothing else does."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter

from frankmocap_ros.errors import MocapError
from frankmocap_ros.ros.common.rclpy_internals import LaterAnswer, wrap_services
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.mocap.model import Loader
from frankmocap_ros.settings.mocap import Settings


def await_models(node: Node, settings: Parameters[Settings], loader: Loader) -> None:
    """Let the services that set parameters load a model first, where one is needed, beside the executor.

    Whoever calls them waits for the answer until the model is there, and gets the reason where it cannot be
    had. The services get a callback group of their own: requests are answered in their order, and nothing
    else waits, neither lifecycle transitions nor the clock that others set.

    Args:
        node: whose services they are.
        settings: the node's parameters.
        loader: loads models.
    """

    async def answer(
        parameters: Sequence[Parameter], plain: Callable[[], SetParametersResult]
    ) -> SetParametersResult:
        config = settings.to_load(parameters)
        if config is None or settings.wrong_type(parameters) is not None:
            return plain()
        loaded: LaterAnswer[Exception | None] = LaterAnswer(node)
        try:
            loader.begin(config, loaded.give)
        except MocapError as busy:
            return SetParametersResult(successful=False, reason=str(busy))
        error = await loaded
        if error is None:
            result = plain()
            loader.forget()  # where it was refused for another reason
            return result
        reason = str(error) if isinstance(error, MocapError) else f"{type(error).__name__}: {error}"
        return SetParametersResult(successful=False, reason=reason)

    def wrapped(plain: Callable[[Any, Any], Any], atomic: bool) -> Callable[[Any, Any], Awaitable[Any]]:
        def set_one(p: Any) -> SetParametersResult:
            (result,) = plain(SetParameters.Request(parameters=[p]), SetParameters.Response()).results
            return result

        async def one(request: Any, response: Any) -> Any:
            parameters = [Parameter.from_parameter_msg(p) for p in request.parameters]
            response.result = await answer(parameters, lambda: plain(request, response).result)
            return response

        async def each(request: Any, response: Any) -> Any:
            for p in request.parameters:
                result = await answer([Parameter.from_parameter_msg(p)], partial(set_one, p))
                response.results.append(result)
            return response

        return one if atomic else each

    group = MutuallyExclusiveCallbackGroup()
    wrap_services(node, SetParameters, partial(wrapped, atomic=False), group)
    wrap_services(node, SetParametersAtomically, partial(wrapped, atomic=True), group)
