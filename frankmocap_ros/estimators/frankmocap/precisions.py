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

"""The engines of an estimator's networks, and what is known of their precisions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.choice import Choice
from frankmocap_ros.estimators.base import Capabilities, Review
from frankmocap_ros.estimators.detectors import Detector
from frankmocap_ros.estimators.frankmocap.augmented_crops import BodyForHands
from frankmocap_ros.estimators.frankmocap.camera_check import CameraCheck
from frankmocap_ros.estimators.frankmocap.joint_judge import JointJudge, photograph_crops
from frankmocap_ros.estimators.frankmocap.regressors import Regressor


@dataclass(frozen=True, eq=False)
class Precisions:
    """Chooses engines, and compares what could be faster on the first people that are seen.

    Attributes:
        store: FrankMocap's files.
        engine, precision: the settings.
        find: makes what finds people.
    """

    store: AssetStore
    engine: str
    precision: str
    find: Callable[[], Detector]
    _checks: list[CameraCheck] = field(default_factory=list)

    def choose(
        self, network: Regressor, where: EngineOptions, body: BodyForHands | None = None
    ) -> tuple[Choice, CameraCheck]:
        """The engine of a network, and what is to be offered each batch that it runs on.

        Args:
            network: which.
            where: the engine's options, which are told what was chosen.
            body: tells where hands are, for the network of hands.

        Raises:
            EstimatorError, MissingDependencyError: as ``engines.choice.choose``.
        """
        judge = JointJudge(self.store, network, lambda: photograph_crops(self.find, body))
        choice = network.choose(self.engine, self.precision, where, judge)
        where.tell(choice.text)
        check = CameraCheck(network.key, self.store.folder, choice, where)
        self._checks.append(check)
        return choice, check

    def reported(self, capabilities: Capabilities, warning: str) -> Capabilities:
        """With what is known by now.

        Args:
            capabilities: of the estimator.
            warning: what else everybody must know.
        """
        warnings = filter(None, (warning, *(check.warning for check in self._checks)))
        precisions = tuple(check.precision for check in self._checks)
        return replace(capabilities, warning="; ".join(warnings), precisions=precisions)

    def review(self, told: Callable[[Review], None]) -> None:
        """See ``estimators.base.ReviewedEstimator``."""
        for check in self._checks:
            check.review(told)

    def close(self) -> None:
        """End what is under way."""
        for check in self._checks:
            check.close()
