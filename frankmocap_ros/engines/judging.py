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

"""Whether an engine in fewer bits than float32 may be taken: by how far it moves joints, not by its speed."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.joint_error import LIMITS, JointError
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.base import Engine, EngineOptions, Trunk
from frankmocap_ros.engines.openvino import int8_kept
from frankmocap_ros.engines.remembered import Remembered

PHOTOGRAPH: Final = "photograph"  # of the demo
CALIBRATION: Final = "calibration"  # images that the network was quantized with, or others of the same video
CAMERA: Final = "camera"  # the user's, while a node runs

# What could not be written, so that this process at least knows it.
_UNWRITTEN: Final[dict[Path, dict[str, Any]]] = {}


class Judge(Protocol):
    """Tells how far features move the joints of the people in crops."""

    @property
    def key(self) -> str:
        """Of all that joints depend on beside the trunk's weights."""

    def crops(self) -> NDArray[np.uint8]:
        """Crops of people, as the engine takes them; none where nobody could be found."""

    def error(self, found: NDArray[np.float32], exact: NDArray[np.float32]) -> JointError:
        """The error of features (N, outputs) against those in float32."""


def compared(
    judge: Judge, engine: Engine, exact: Engine, crops: NDArray[np.uint8], batch: int = 1
) -> JointError:
    """The error of an engine against one in float32.

    Args:
        judge: turns features into joints.
        engine: the one in question.
        exact: the same trunk in float32.
        crops: of people, shape (N, side, side, 3).
        batch: number of crops at a time.
    """
    found, expected = (
        np.concatenate([run(crops[first : first + batch]) for first in range(0, len(crops), batch)])
        for run in (engine, exact)
    )
    return judge.error(found, expected)


Errors = Mapping[str, JointError]
"""Errors of one option, by the people that it was compared on: photograph, calibration or camera."""


def is_proven(errors: Errors) -> bool:
    """Whether ``auto`` takes it: within the limits on the user's camera, and wherever else it was seen."""
    return CAMERA in errors and not is_refused(errors)


def is_refused(errors: Errors) -> bool:
    """Whether it was seen beyond the limits."""
    return not all(error.within() for error in errors.values())


def worst(errors: Errors) -> tuple[str, JointError] | None:
    """What tells most about an option: the camera's error, else the largest; None where it is not known."""
    if CAMERA in errors:
        return CAMERA, errors[CAMERA]
    return max(errors.items(), key=lambda one: one[1].p99_mm, default=None)


def errors_text(errors: Errors) -> str:
    """Such as ``joints differ from fp32 by ... over 30 crops (photograph)``."""
    found = worst(errors)
    return "joints were not compared with fp32" if found is None else f"{found[1].text} ({found[0]})"


@dataclass(frozen=True, eq=False)
class KnownErrors:
    """What was found out of a trunk's options on this machine.

    Attributes:
        trunk: whose.
        cache: folder of what engines keep.
        machine: what else the numbers depend on, such as versions of packages.
        judge_key: of the judge.
    """

    trunk: Trunk
    cache: Path
    machine: Mapping[str, Any]
    judge_key: str

    @cached_property
    def int8_notes(self) -> dict[str, Any] | None:
        """What was written down when the trunk was quantized; None where it was not."""
        return int8_kept(self.trunk, self.cache).notes()

    def of(self, option: Option) -> dict[str, JointError]:
        """The errors of an option; empty where it was never compared."""
        found = {**self._of_quantization(option), **self._written(self._memory(option))}
        errors = {where: _error(value) for where, value in found.items()}
        return {where: error for where, error in errors.items() if error is not None}

    def add(self, option: Option, where: str, error: JointError) -> None:
        """Write an error down."""
        memory = self._memory(option)
        answer = {"errors": {**self._written(memory), where: asdict(error)}}
        if not memory.write(answer):
            _UNWRITTEN[memory.path] = answer

    def _of_quantization(self, option: Option) -> dict[str, Any]:
        """The error that was measured when the network was quantized."""
        if option.precision != "int8" or self.int8_notes is None or "joints" not in self.int8_notes:
            return {}
        return {CALIBRATION: self.int8_notes["joints"]}

    @staticmethod
    def _written(memory: Remembered) -> dict[str, Any]:
        found = (memory.read() or _UNWRITTEN.get(memory.path, {})).get("errors")
        return found if isinstance(found, dict) else {}

    def _memory(self, option: Option) -> Remembered:
        of = {
            "weights": self.trunk.key,
            "option": option.record,
            "joints": self.judge_key,
            "limits": LIMITS,
            "int8": self.int8_notes if option.precision == "int8" else None,
            **self.machine,
        }
        return Remembered(self.cache, "errors", of)


def _error(value: object) -> JointError | None:
    """An error as it was written down; None where it is none."""
    if not isinstance(value, dict) or not all(isinstance(number, (int, float)) for number in value.values()):
        return None
    with contextlib.suppress(TypeError):
        return JointError(**value)
    return None


def compare_on_photograph(
    judge: Judge | None,
    known: KnownErrors,
    option: Option,
    engines: tuple[Engine, Callable[[], Engine]],
    options: EngineOptions,
) -> str:
    """Have an error of an option, where it has none and somebody is in the photograph.

    Args:
        judge: whose crops are of the photograph.
        known: where the error is written down.
        option: the one in question.
        engines: what runs it, and what gives the same in float32.
        options: for ``batch`` and ``tell``.

    Returns:
        Why it could not be compared; empty where it could, or where there is nobody to compare it on.
    """
    if judge is None or known.of(option):
        return ""
    try:
        crops = judge.crops()
    except Exception as problem:  # whatever a detector does, the camera's images may still tell
        options.tell(f"no crops of the photograph to compare {option.text} on: {problem}")
        return ""
    if not len(crops):
        return ""
    options.tell(f"comparing {option.text} with fp32 on {len(crops)} crops of a photograph, once")
    try:
        error = compared(judge, engines[0], engines[1](), crops, options.batch)
    except Exception as problem:  # whatever an engine does, auto takes float32
        return f"{type(problem).__name__}: {problem}"
    known.add(option, PHOTOGRAPH, error)
    return ""
