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

"""Compares a network in fewer bits with float32 on the first people that the user's camera sees.

Nothing waits for it: the crops that the node cuts anyway are copied, and another process with low priority
runs both on them, see ``camera_comparison``.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from frankmocap_ros.body.joint_error import JointError, limits_text
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.choice import Choice
from frankmocap_ros.engines.judging import CAMERA, worst
from frankmocap_ros.engines.question import Comparison
from frankmocap_ros.estimators.base import NetworkPrecision, Review
from frankmocap_ros.estimators.frankmocap.augmented_crops import Pixels
from frankmocap_ros.estimators.frankmocap.camera_comparison import CameraComparison, Job

CROPS: Final = 30  # that are compared
EVERY: Final = 5  # one image in five gives crops: 5 s of somebody at 30 Hz


class CameraCheck:
    """What is known of the precision of one network, and what the camera's images add to it.

    ``offer`` is for the thread that runs the network; the rest for any.

    Args:
        network: its key, such as ``body_smpl``.
        folder: FrankMocap's files.
        choice: which engine runs, and what is still to be found out.
        options: where.
    """

    def __init__(self, network: str, folder: Path, choice: Choice, options: EngineOptions) -> None:
        self._network, self._folder = network, folder
        self._choice, self._options = choice, options
        self._told: Callable[[Review], None] | None = None
        self._collecting = self._closed = False
        self._failed = ""
        self._calls = 0
        self._crops: list[Pixels] = []
        self._comparison: CameraComparison | None = None
        self._thread: threading.Thread | None = None
        self.precision = self._known()

    @property
    def warning(self) -> str:
        """What everybody must know who asked for this precision; empty where there is nothing."""
        error = self.precision.error
        if self._choice.question.auto or error is None or error.within():
            return ""
        return f"precision: {self.precision.text}; precision: auto allows {limits_text()}"

    def review(self, told: Callable[[Review], None]) -> None:
        """Collect crops from now on, where there is something to be found out."""
        self._told = told
        if self._is_outdated():  # found out since it was chosen, such as by a model before this one
            told(self._takes_over())
        self._collecting = self._choice.question.comparison is not None

    def offer(self, crops: Pixels) -> None:
        """Crops (N, 224, 224, 3) of people, which the network has just run on; takes no time."""
        if not self._collecting:
            return
        call, self._calls = self._calls, self._calls + 1
        if call % EVERY:
            return
        self._crops += [crop.copy() for crop in crops[: CROPS - len(self._crops)]]
        if len(self._crops) == CROPS:
            self._collecting = False
            self._thread = threading.Thread(target=self._compare, name="precision_check", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End what is under way; nothing is told any more."""
        self._closed = True
        self._collecting, self._told = False, None
        if self._comparison is not None:
            self._comparison.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _compare(self) -> None:
        """Find out what can be found out with these crops."""
        crops, self._crops = self._crops, []
        question = self._choice.question
        while not self._closed and (comparison := question.comparison) is not None:
            job = Job.of(self._network, self._folder, comparison, self._options)
            self._comparison = CameraComparison(job)
            # closed before, it is not seen by ``close``; closed after, it ends
            found = "the estimator is closed" if self._closed else self._comparison.run(crops)
            if isinstance(found, JointError):
                question.known.add(comparison.option, CAMERA, found)
                self.precision = self._known()
                self._tell(self._judged(comparison, found))
            else:
                self._failed = f"{comparison.option.text} could not be compared with fp32: {found}"
                self.precision = self._known()
                self._tell(Review(f"{self._network}: {self._failed}"))
            if self._failed or self._is_outdated():
                return

    def _judged(self, comparison: Comparison, error: JointError) -> Review:
        """What an error says."""
        if self._choice.question.auto:
            if self._is_outdated():
                return self._takes_over()
            name = comparison.option.text
            return Review(
                f"{self._network}: {name} is not taken: {error.text} ({CAMERA}), allowed are {limits_text()}"
            )
        return Review(self.warning or self.precision.text, warning=bool(self.warning))

    def _is_outdated(self) -> bool:
        return self._choice.question.answer != self._choice.option

    def _takes_over(self) -> Review:
        question = self._choice.question
        return Review(f"{self._network}: {question.words(question.answer)}; it takes over", outdated=True)

    def _tell(self, review: Review) -> None:
        told = self._told
        if told is not None:
            told(review)

    def _known(self) -> NetworkPrecision:
        """What runs, and what is known of it and of what is faster."""
        option, question = self._choice.option, self._choice.question
        found = worst(question.known.of(option)) if option.precision != "fp32" else None
        comparison, waits = question.comparison, self._failed
        if comparison is not None and not self._failed:
            waits = (
                f"{comparison.option.text} is compared with fp32 on {CROPS} crops of people from the camera"
            )
        return NetworkPrecision(
            network=self._network,
            precision=option.precision,
            text="; ".join(filter(None, [question.words(option), *question.refused, waits])),
            error=found[1] if found is not None else None,
            seen=found[0] if found is not None else "",
            undecided=comparison is not None and not self._failed,
        )
