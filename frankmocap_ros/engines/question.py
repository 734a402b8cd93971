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

"""Which of several options is taken by what is known of their errors, and what is still to be found out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.joint_error import limits_text
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.judging import CAMERA, KnownErrors, errors_text, is_proven, is_refused

FP32: Final = "fp32"


@dataclass(frozen=True)
class Comparison:
    """What is still to be compared, on the user's camera.

    Attributes:
        option: in fewer bits than float32.
        exact: the same in float32.
    """

    option: Option
    exact: Option


@dataclass(frozen=True, eq=False)
class Question:
    """Which of some options to take, by what is known of their errors by now.

    Attributes:
        options: the fastest first; where auto decides on the precision, up to the first in float32.
        auto: whether it does; otherwise the first is taken.
        known: errors of the options.
        judged: whether there is somebody to judge them; otherwise auto takes float32.
    """

    options: Sequence[Option]
    auto: bool
    known: KnownErrors
    judged: bool

    @property
    def answer(self) -> Option:
        """The option to take."""
        if not self.auto:
            return self.options[0]
        return next(o for o in self.options if o.precision == FP32 or is_proven(self.known.of(o)))

    @property
    def comparison(self) -> Comparison | None:
        """What the camera's images could still change: a faster option, or the error of a named precision."""
        if not self.judged:
            return None
        if not self.auto:
            option = self.options[0]
            open_ = option.precision != FP32 and CAMERA not in self.known.of(option)
            return Comparison(option, Option(option.engine, FP32, option.device)) if open_ else None
        faster = self.options[: self.options.index(self.answer)]
        waiting = next((o for o in faster if not is_refused(self.known.of(o))), None)
        return Comparison(waiting, self.options[-1]) if waiting is not None else None

    def words(self, option: Option) -> str:
        """An option, and what is known of it."""
        if option.precision == FP32:
            return option.text
        return f"{option.text}, {errors_text(self.known.of(option))}"

    @property
    def refused(self) -> list[str]:
        """A line for each faster option that auto does not take because of its error."""
        faster = self.options[: self.options.index(self.answer)] if self.auto else ()
        return [
            f"{option.text} is not taken: {errors_text(errors)}, allowed are {limits_text()}"
            for option in faster
            if is_refused(errors := self.known.of(option))
        ]
