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

"""Which combinations of estimator, engine, precision and preset to measure."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.assets.model_files import VARIANTS
from frankmocap_ros.bench.mediapipe_package import NAME as PACKAGE
from frankmocap_ros.bench.rows import NOTHING
from frankmocap_ros.engines.base import ENGINES, PRECISIONS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.settings.mocap import MODEL_ESTIMATORS, PRESETS, Settings
from frankmocap_ros.settings.schema import updated

ESTIMATORS: Final = ("frankmocap", "blazepose", "synthetic", *MODEL_ESTIMATORS, PACKAGE)
ALL: Final = "all"
# What an engine has on no device; those of a list are left out, one that is named alone is an error's row.
_NEVER: Final = {
    ("torch", "int8"), ("onnxruntime", "bf16"), ("onnxruntime", "int8"), ("openvino", "fp16"),
    ("tensorrt", "int8"),
}  # fmt: skip


@dataclass(frozen=True)
class Combination:
    """One row to be.

    Attributes:
        estimator: which.
        engine, precision: as they are asked for; ``-`` where the estimator has none.
        preset: whose settings.
        cameras: how many at once.
        together: whether several cameras share a batch; otherwise one image is processed after the other.
        folder: FrankMocap's files, empty where none are named.
        variant: of BlazePose's network; ``-`` for the preset's.
        model: file of a network of the user's own; empty for the one in the models' folder, or none.
        hands: whether hands are estimated although the preset does not ask for them.
    """

    estimator: str
    engine: str = NOTHING
    precision: str = NOTHING
    preset: str = "balanced"
    cameras: int = 1
    together: bool = True
    folder: str = ""
    variant: str = NOTHING
    model: str = ""
    hands: bool = False

    @property
    def name(self) -> str:
        """Such as ``frankmocap balanced openvino int8, 2 cameras``."""
        parts = [self.estimator] + ([self.preset] if self.preset != NOTHING else [])
        if self.engine != NOTHING:
            parts += [self.engine, self.precision] if self.engine != self.precision else [self.engine]
        if self.variant != NOTHING:
            parts.append(self.variant)
        if self.model:
            parts.append(printable(Path(self.model).stem))
        if self.hands:
            parts.append("hands")
        cameras = "" if self.cameras == 1 else f", {self.cameras} cameras"
        return " ".join(parts) + cameras + ("" if self.together else " one after the other")

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that this asks for."""
        asked: dict[str, Any] = {"preset": self.preset, "estimator": self.estimator}
        if self.engine != NOTHING:
            asked |= {"engine": self.engine, "precision": self.precision}
        if self.variant != NOTHING:
            asked["variant"] = self.variant
        if self.model:
            asked["model"] = self.model
        if self.hands:
            asked["hands"] = True
        return {**asked, "assets_dir": self.folder} if self.folder else asked

    @property
    def config(self) -> Settings:
        """The same as a config.

        Raises:
            SettingError: a name is not known.
        """
        return updated(Settings(), Settings.expanded(self.changes))

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; ``Combination(**...)`` makes it again."""
        return asdict(self)


@dataclass(frozen=True)
class Selection:
    """What the user asks for; ``all`` in a list stands for everything that there is.

    ``models`` are NAME=FILE: networks of the user's own with their estimators, each of which is a row.
    ``hands``: BlazePose is measured with hands as well, where its preset has none.
    """

    estimators: Sequence[str] = ("frankmocap", "blazepose")
    engines: Sequence[str] = ("auto",)
    precisions: Sequence[str] = ("auto",)
    presets: Sequence[str] = ("balanced", "fastest", "highest_quality")
    cameras: int = 1
    folder: str = ""
    variants: Sequence[str] = (NOTHING,)
    models: Sequence[str] = ()
    hands: bool = False

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            SettingError: one is not known.
        """
        for flag, given, known in self._lists():
            wrong = [name for name in given if name not in (*known, ALL)]
            if wrong or not given:
                raise SettingError(
                    f"--{flag}: {wrong[0] if wrong else 'nothing'!r} is not known; allowed: "
                    f"{' | '.join((*known, ALL))}"
                )
        for given in self.models:
            name, _, file = given.partition("=")
            if name not in MODEL_ESTIMATORS or not file:
                raise SettingError(
                    f"--model: {given!r} is not NAME=FILE; allowed names: {' | '.join(MODEL_ESTIMATORS)}"
                )
        if self.cameras < 1:
            raise SettingError(f"--cameras: {self.cameras} is out of range; allowed: 1 or more")

    @property
    def files(self) -> list[tuple[str, str]]:
        """Estimator and file of each of ``models``."""
        return [(name, file) for name, _, file in (given.partition("=") for given in self.models)]

    def _lists(self) -> tuple[tuple[str, Sequence[str], Sequence[str]], ...]:
        return (
            ("estimators", self.estimators, ESTIMATORS),
            ("engines", self.engines, ("auto", *ENGINES)),
            ("precisions", self.precisions, ("auto", *PRECISIONS)),
            ("presets", self.presets, tuple(PRESETS)),
            ("variants", self.variants, (NOTHING, "auto", *VARIANTS)),
        )


def _expanded(given: Sequence[str], known: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(known if ALL in given else given))


def combinations(wanted: Selection) -> list[Combination]:
    """The rows that the user asks for, each once, best preset of an estimator after the other."""
    estimators, engines, precisions, presets, variants = (
        _expanded(given, known) for _, given, known in wanted._lists()
    )
    several = len(engines) * len(precisions) > 1
    everything = ALL in wanted.engines and ALL in wanted.precisions
    pairs = [
        pair
        for pair in itertools.product(engines, precisions)
        if not (several and pair in _NEVER)
        # where everything is measured, half an auto repeats one of the others
        and not (everything and pair.count("auto") == 1)
    ]
    named = dict(wanted.files)
    if ALL in wanted.estimators:  # of those with a network of the user's own, all that were given one
        estimators = [name for name in estimators if name not in MODEL_ESTIMATORS]
    rows = []
    for estimator, preset in itertools.product([e for e in estimators if e not in named], presets):
        own = [
            Combination(estimator, engine, precision, preset, wanted.cameras, folder=wanted.folder)
            for engine, precision in (pairs if estimator == "frankmocap" else [(NOTHING, NOTHING)])
        ]
        if estimator == "blazepose":
            own = [replace(row, variant=variant) for row in own for variant in variants]
            own += [replace(row, hands=True) for row in own if wanted.hands and not row.config.hands]
        if estimator in MODEL_ESTIMATORS:  # to which presets make no difference
            own = [replace(row, preset="balanced") for row in own]
        if estimator == PACKAGE:  # it follows one person in the images of one camera, and has no settings
            own = [Combination(PACKAGE, preset=NOTHING)]
        else:
            own = _for_cameras(own, wanted.cameras)
        rows += own
    for name, file in wanted.files:
        rows += _for_cameras([Combination(name, cameras=wanted.cameras, model=file)], wanted.cameras)
    return list(dict.fromkeys(rows))


def _for_cameras(rows: list[Combination], cameras: int) -> list[Combination]:
    """Several cameras as one batch, and one after the other."""
    if cameras == 1:
        return rows
    return [replace(row, together=together) for row in rows for together in (True, False)]


def ran(device: str) -> tuple[str, str]:
    """Engine and precision out of ``Capabilities.device``, such as ``cpu openvino int8``; ``-`` without."""
    words = device.split()
    at = next((i for i, word in enumerate(words) if word in ENGINES), None)
    if at is None or words[-1] not in PRECISIONS:
        return NOTHING, NOTHING
    return " ".join(words[at:-1]), words[-1]
