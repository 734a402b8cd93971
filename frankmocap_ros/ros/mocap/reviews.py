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

"""Lets a model take over that was found to be faster and as good while the node ran."""

import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.base import Review, reviewed_estimator
from frankmocap_ros.ros.mocap.model import Loader, Model
from frankmocap_ros.settings.mocap import Settings


class Reviews:
    """What models find out of themselves: told in the log, and loaded again where that makes them faster.

    Args:
        node: for the log and the executor.
        loader: loads models.
        current: the model that runs, None where none does, and the settings.
        take: brings a loaded model into force.
        group: group of the callbacks.
    """

    def __init__(
        self,
        node: Node,
        loader: Loader,
        current: Callable[[], tuple[Model | None, Settings]],
        take: Callable[[], None],
        group: CallbackGroup,
    ) -> None:
        self._node, self._loader, self._current, self._take = node, loader, current, take
        self._calls: deque[Callable[[], None]] = deque()
        self._outdated: Model | None = None
        self._guard = node.create_guard_condition(self._in_executor, group)

    def of(self, model: Model) -> None:
        """Let a model look at itself from now on."""
        estimator = reviewed_estimator(model.estimator)
        if estimator is not None:
            estimator.review(lambda review: self._call(partial(self._reviewed, model, review)))

    def try_again(self) -> None:
        """Load where that could not be done before, because another model was being loaded."""
        model, config = self._current()
        if self._outdated is None or self._loader.busy:
            return
        outdated, self._outdated = self._outdated, None
        if model is outdated:
            with contextlib.suppress(EstimatorError):
                self._loader.begin(config, lambda error: self._call(partial(self._loaded, error)))

    def _call(self, call: Callable[[], None]) -> None:
        """Have something done in the executor, from any thread."""
        self._calls.append(call)
        with contextlib.suppress(RuntimeError):  # the node is destroyed
            self._guard.trigger()

    def _in_executor(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _reviewed(self, model: Model, review: Review) -> None:
        log = self._node.get_logger()
        if review.warning:
            log.warning(review.text)
        else:
            log.info(review.text)
        if review.outdated:
            self._outdated = model
            self.try_again()

    def _loaded(self, error: Exception | None) -> None:
        if error is not None:
            self._node.get_logger().warning(f"the model that is faster could not be loaded: {error}")
            return
        self._take()
        self._loader.forget()  # where another model was asked for meanwhile
