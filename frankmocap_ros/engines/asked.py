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

"""Which options the settings ``engine`` and ``precision`` allow, and why where there is none."""

from collections.abc import Sequence

from frankmocap_ros.engines.available import Option, available, usual_device
from frankmocap_ros.engines.base import ENGINES, PRECISIONS, EngineOptions, Trunk
from frankmocap_ros.errors import EstimatorError, MissingDependencyError, MocapError


def check_names(engine: str, precision: str) -> None:
    """Refuse values of the settings that nothing has.

    Raises:
        EstimatorError: names the setting.
    """
    for setting, value, names in (("engine", engine, ENGINES), ("precision", precision, PRECISIONS)):
        if value not in ("auto", *names):
            raise EstimatorError(f"{setting}: {value!r} is not known; allowed: auto | {' | '.join(names)}")


def asked_options(trunk: Trunk, engine: str, precision: str, options: EngineOptions) -> list[Option]:
    """The options that the settings allow; auto keeps to the usual device.

    Raises:
        EstimatorError: there is none, or the device is not there.
        MissingDependencyError: as ``usual_device``.
    """
    if engine == "auto":
        device = usual_device(options)
        among = _worth_measuring([option for option in available(trunk, options) if option.device == device])
    else:
        among = available(trunk, options, (engine,))
    asked = [option for option in among if precision in ("auto", option.precision)]
    if not asked:
        who = "engines have" if engine == "auto" else f"{engine} has"
        allowed = [name for name in PRECISIONS if any(option.precision == name for option in among)]
        raise EstimatorError(
            f"precision: {precision} is not what {who} on device {among[0].device}; "
            f"allowed there: auto | {' | '.join(allowed)}"
        )
    return asked


def _worth_measuring(options: Sequence[Option]) -> list[Option]:
    """Without ONNX Runtime on a CPU that OpenVINO runs on.

    There it is as fast in float32 (42 ms a crop against 43 ms, on other cores 21 against 20 ms), has nothing
    faster, and writing its file takes most of the time that a first start takes: 17 of 24 s.
    """
    runs = {option.engine for option in options if option.device == "cpu" and option.problem is None}
    left_out = "onnxruntime" if "openvino" in runs else ""
    return [option for option in options if option.engine != left_out]


def possible(asked: Sequence[Option]) -> list[Option]:
    """The options that can run here, one at least.

    Raises:
        EstimatorError, MissingDependencyError: none can; the reasons of all.
    """
    can = [option for option in asked if option.problem is None]
    if not can:
        raise _refusal(asked)
    return can


def _refusal(asked: Sequence[Option]) -> MocapError:
    """One error of all reasons."""
    problems = list({option.reason: option.problem for option in asked if option.problem}.values())
    if len(problems) == 1:
        return problems[0]
    absent = all(isinstance(problem, MissingDependencyError) for problem in problems)
    kind = MissingDependencyError if absent else EstimatorError
    return kind(f"none of these engines can run here: {'; '.join(map(str, problems))}")


def absent_lines(asked: Sequence[Option]) -> list[str]:
    """A line for each reason why options were not measured."""
    reasons: dict[str, list[str]] = {}
    for option in asked:
        if option.problem is not None:
            reasons.setdefault(option.reason, []).append(option.text)
    return [f"  {', '.join(texts)}: {reason}" for reason, texts in reasons.items()]
