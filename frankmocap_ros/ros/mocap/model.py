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

"""The model that runs, and how another one takes its place while it does."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from frankmocap_ros.errors import EstimatorError, bare
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.estimators.preparing import Preparation
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.malloc import give_back_freed_memory
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import differing, settings_of
from frankmocap_ros.tracking.background_detection import BackgroundDetection, DetectionThread

_LOADING = tuple(s.name for s in settings_of(Settings) if s.loads)


@dataclass(frozen=True, eq=False)
class Model:
    """An estimator that is warmed up, with the thread that looks for people.

    Attributes:
        estimator: what estimates.
        searching: thread for its ``detect``; None where that has to run in line.
        made_for: the settings that it was made for.
    """

    estimator: Estimator
    searching: DetectionThread | None
    made_for: Settings

    def serves(self, config: Settings) -> bool:
        """Whether it is what ``config`` asks for."""
        return not differing(self.made_for, config, _LOADING)

    def search(self) -> BackgroundDetection | None:
        """Searches of one camera."""
        return BackgroundDetection(self.searching) if self.searching is not None else None

    def close(self) -> None:
        """End the thread, then the estimator."""
        if self.searching is not None:
            self.searching.close()
        self.estimator.close()


def load_model(node: Node, config: Settings, beside: bool = False) -> Model:
    """Make and warm up what ``config`` asks for; the log tells what takes long, and what it became.

    Args:
        node: for the log.
        config: the settings.
        beside: whether another model runs meanwhile: another process does then what is done once.

    Raises:
        Exception: whatever the estimator raises; a MocapError where its text says what to do.
    """
    log = node.get_logger()

    # two functions: rclpy refuses one line of code that logs at different levels
    def tell(text: str) -> None:
        log.info(text)

    def warn(text: str) -> None:
        log.warning(text)

    prepare = Preparation(config, tell) if beside else lambda: None
    estimator = make_estimator(config, tell, warn, prepare)
    try:
        start_s = time.perf_counter()
        estimator.warm_up()
        give_back_freed_memory()
        took_s = time.perf_counter() - start_s
        capabilities = estimator.capabilities
        log.info(f"estimator {estimator.name} on {capabilities.device}, warmed up in {took_s:.2f} s")
        if capabilities.warning:
            log.warning(capabilities.warning)
    except Exception:
        estimator.close()
        raise
    searching = DetectionThread(estimator, time.perf_counter) if capabilities.detects_apart else None
    return Model(estimator, searching, config)


class Loader:
    """Loads one model at a time in a thread of its own, beside the one that runs.

    Args:
        node: for the log.
        collector: collects garbage between the frames of the model that runs.
    """

    def __init__(self, node: Node, collector: Collector) -> None:
        self._node = node
        self._collector = collector
        self._lock = threading.Lock()
        self._busy = False
        self._model: Model | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether a model is being loaded, or is loaded and waits to take over."""
        with self._lock:
            return self._busy or self._model is not None

    def begin(self, config: Settings, done: Callable[[Exception | None], Any]) -> None:
        """Start to load; ``done`` is called in the loader's thread, with what went wrong if anything did.

        Raises:
            EstimatorError: another model is being loaded.
        """
        with self._lock:
            if self._busy:
                raise EstimatorError("another model is being loaded; retry when it runs")
            self._busy = True
        threading.Thread(target=self._run, args=(config, done), name="model_loader", daemon=True).start()

    def have(self, config: Settings) -> None:
        """Have the model for ``config``: the one that was loaded, or one that is loaded now, in this thread.

        Raises:
            Exception: as ``load_model``.
        """
        with self._lock:
            model = self._model
        if model is None or not model.serves(config):
            self._load(config)

    def loaded(self, config: Settings) -> Model | None:
        """The model that was loaded for ``config``, once; None where there is none."""
        with self._lock:
            if self._model is None or not self._model.serves(config):
                return None
            model, self._model = self._model, None
            return model

    def forget(self) -> None:
        """Give back what was loaded and is not used."""
        self._keep(None)

    def close(self) -> None:
        """Give back what was loaded and is not used; what is under way is given back when it is there."""
        with self._lock:
            self._closed = True
        self._keep(None)

    def open(self) -> None:
        """Models may be kept again."""
        with self._lock:
            self._closed = False

    def _keep(self, model: Model | None) -> None:
        with self._lock:
            old, self._model = self._model, None if self._closed else model
            superfluous = [m for m in (old, model if self._closed else None) if m is not None]
        for one in superfluous:
            one.close()

    def _load(self, config: Settings) -> None:
        with self._collector.loading():
            self._keep(load_model(self._node, config, beside=True))

    def _run(self, config: Settings, done: Callable[[Exception | None], Any]) -> None:
        error: Exception | None = None
        try:
            self._load(config)
        except Exception as raised:
            error = bare(raised)
        with self._lock:
            self._busy = False  # before it is told: the next may be asked for at once
        done(error)
