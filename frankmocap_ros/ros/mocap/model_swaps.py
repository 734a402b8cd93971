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

"""Another model from one image to the next; the old one is given back beside the worker."""

import threading
from collections.abc import Callable, Sequence

from frankmocap_ros.estimators.base import mesh_estimator
from frankmocap_ros.ros.common.transitions import in_turn
from frankmocap_ros.ros.mocap.model import Model
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.ros.mocap.worker import Worker
from frankmocap_ros.runtime.gc_control import Collector


class ModelSwaps:
    """Swaps models, and closes the old ones in threads: that may take longer than an image.

    Args:
        collector: keeps what the new model has made.
        worker: which runs the models; None while there is none.
    """

    def __init__(self, collector: Collector, worker: Callable[[], Worker | None]) -> None:
        self._collector, self._worker = collector, worker
        self._closing: list[threading.Thread] = []

    def prepared(self, streams: Sequence[Stream], old: Model, new: Model) -> Callable[[], None]:
        """What lets the worker go on with another model from the next image on, and closes the old one."""
        searches = [new.search() for _ in streams]
        meshes = [stream.outputs.mesh_output(mesh_estimator(new.estimator)) for stream in streams]
        give_back: list[Callable[[], None]] = []

        def swap() -> None:
            for stream, search, mesh in zip(streams, searches, meshes, strict=True):
                stream.pipeline.replace(new.estimator, search)
                give_back.append(stream.outputs.replace_mesh(mesh))
            worker = self._worker()
            if worker is not None:
                worker.begin_anew()
            closing.start()
            self._collector.keep()

        def close() -> None:
            for each in give_back:
                each()
            old.close()

        closing = threading.Thread(target=close, name="model_closing")
        self._closing = [*(t for t in self._closing if t.ident is None or t.is_alive()), closing]
        return swap

    def finish(self) -> None:
        """Wait until every old model is closed."""
        closing, self._closing = self._closing, []
        in_turn(*(thread.join for thread in closing))
