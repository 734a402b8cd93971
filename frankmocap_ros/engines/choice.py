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

"""Which engine is taken here: the fastest one of those that leave joints where they are.

What auto takes without more is float32. Whatever has fewer bits is judged by joints (``judging``): on a
photograph of somebody before it may be taken at all, then on the user's camera. Both is found out once, and
remembered for this machine and these weights. This is for FrankMocap's networks; TFLite networks such as
BlazePose's have ``tflite_choice``.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from frankmocap_ros.body.joint_error import LIMITS
from frankmocap_ros.engines.asked import absent_lines, asked_options, check_names, possible
from frankmocap_ros.engines.available import Option, make, usual_device
from frankmocap_ros.engines.base import Engine, EngineOptions, Trunk
from frankmocap_ros.engines.breaking import Breaking
from frankmocap_ros.engines.cuda_state import free_gpu_memory
from frankmocap_ros.engines.judging import Judge, KnownErrors, compare_on_photograph, is_refused
from frankmocap_ros.engines.measuring import EngineTiming, GpuLostError, failed, measure, some_crops, table
from frankmocap_ros.engines.question import FP32, Question
from frankmocap_ros.engines.remembered import Remembered
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.machine import cpu_name, versions

# with another version of one of these, another engine may be the fastest
_PACKAGES: Final = (
    "torch", "openvino", "onnxruntime", "onnxruntime-gpu", "tensorrt", "onnx", "onnxscript",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Choice:
    """An engine, and why this one.

    Attributes:
        engine: ready to run; warm for ``EngineOptions.batch`` crops at most.
        option: which one it is.
        text: what was measured, or a line where there was nothing to choose; for the log.
        question: what was asked; what is found out later may have another answer.
        measured: whether it was measured just now.
    """

    engine: Engine
    option: Option
    text: str
    question: Question
    measured: bool = False


def choose(
    trunk: Trunk,
    engine: str = "auto",
    precision: str = "auto",
    options: EngineOptions | None = None,
    judge: Judge | None = None,
) -> Choice:
    """The engine for the settings ``engine`` and ``precision``.

    Where both are named nothing is measured. What auto leaves open is measured, unless that was done before
    on this machine, with these versions and weights. ``precision: auto`` is float32 until something faster
    was seen to keep the joints in their places on the user's camera. INT8 takes part where somebody quantized
    the trunk before.

    Args:
        trunk: what to run.
        engine: auto or one of ``ENGINES``.
        precision: auto or one of ``PRECISIONS``; a named one is taken whatever it does to joints, and told.
        options: where.
        judge: tells how far joints move; without one auto takes float32.

    Raises:
        EstimatorError: what is asked for is not there; nothing else is taken in its place.
        GpuLostError: an engine left this process without its GPU; the next time it is left out.
        MissingDependencyError: a package of it is not installed.
    """
    check_names(engine, precision)
    return _Chooser(trunk, (engine, precision), options or EngineOptions(), judge).choose()


class _Chooser:
    """Answers one question.

    Args:
        trunk: what is to run.
        asked: the settings ``engine`` and ``precision``.
        options: where.
        judge: see ``choose``.

    Raises:
        EstimatorError, MissingDependencyError: the device is not there.
    """

    def __init__(
        self, trunk: Trunk, asked: tuple[str, str], options: EngineOptions, judge: Judge | None
    ) -> None:
        self._trunk, self._asked, self._options, self._judge = trunk, asked, options, judge
        self._auto = asked[1] == "auto"
        machine, key = _machine(options), judge.key if judge is not None else ""
        self._known = KnownErrors(trunk, options.cache, machine, key)
        of = {
            "weights": trunk.key,
            "asked": list(asked),
            "threads": options.threads,
            "batch": options.batch,
            "joints": key,
            "limits": LIMITS,
            "int8": self._known.int8_notes if asked[1] in ("auto", "int8") else None,
            **machine,
        }
        self._memory = Remembered(options.cache, "choice", of)
        self._breaking = Breaking(options.cache, trunk.key, machine)
        self._on_gpu, self._fails = bool(machine["gpu"]), False

    def choose(self) -> Choice:
        """See the function ``choose``."""
        if "auto" not in self._asked and usual_device(self._options) == "cpu":
            (option,) = possible(asked_options(self._trunk, *self._asked, self._options))
            return self._answered([option], f"engine: {option.text}")
        # first what was found out before: that may need nothing of all that has to be imported to find out
        known = self._recalled()
        if known is None:
            self._options.prepare()
            known = self._recalled()
        return known or self._found_out()

    def _recalled(self) -> Choice | None:
        """What follows from what was measured before; None where that is not known, or does not run now."""
        if self._fails:
            return None
        found = self._memory.read()
        try:
            options, text = [Option(**option) for option in found["options"]], str(found["text"])
        except (LookupError, TypeError):
            return None
        try:
            return self._tried(self._answered(options, f"{text}\n  (measured before)"))
        except StopIteration:
            return None
        except Exception as error:  # such as memory that others have by now; something else may run
            self._fails = True
            self._options.tell(
                f"what was chosen before does not run now ({type(error).__name__}: {error}); measuring again"
            )
        if self._on_gpu:
            free_gpu_memory()
        return None

    def _tried(self, choice: Choice) -> Choice:
        """A choice whose engine has run: some fail only then."""
        try:
            choice.engine(some_crops(self._trunk, self._options.batch))
        except Exception:
            with contextlib.suppress(Exception):
                choice.engine.close()
            raise
        return choice

    def _found_out(self) -> Choice:
        """Measure, judge, remember."""
        asked = self._breaking.marked(asked_options(self._trunk, *self._asked, self._options))
        can = possible(asked)
        engines: dict[Option, Engine] = {}
        kept: Engine | None = None
        try:
            if len(can) == 1 and (not self._auto or can[0].precision == FP32):
                engines[can[0]] = make(self._trunk, can[0], self._options)
                ranked, text = can, f"engine: {can[0].text}, the only one here"
            else:
                ranked, text = self._ranked(can, engines)
                ranked, text = self._judged(ranked, "\n".join([text, *absent_lines(asked)]), engines)
            choice = replace(self._answered(ranked, text, engines), measured=len(can) > 1)
            kept = choice.engine
        except GpuLostError as error:
            self._breaking.add(error)
            raise
        finally:
            for engine in engines.values():
                if engine is not kept:
                    with contextlib.suppress(Exception):  # of a library, whose GPU is lost
                        engine.close()
        self._memory.write({"options": [option.record for option in ranked], "text": text})
        return choice

    def _ranked(self, can: Sequence[Option], engines: dict[Option, Engine]) -> tuple[list[Option], str]:
        """Load everything that can run into ``engines``, and measure: the fastest first, and the table.

        Raises:
            EstimatorError: nothing runs, or with precision auto nothing in float32.
        """
        broken: list[EngineTiming] = []
        for option in can:
            try:
                engines[option] = make(self._trunk, option, self._options)
            except Exception as error:  # whatever one lacks, auto takes another
                broken.append(failed(option, error))
        o = self._options
        rows = [*measure(engines, some_crops(self._trunk, o.batch)), *broken]
        fine = [row.option for row in rows if not row.failed]
        if self._auto:
            exact = next((i for i, option in enumerate(fine) if option.precision == FP32), -1)
            fine = fine[: exact + 1]
        if not fine:
            which = "engine runs here in fp32, which auto needs" if self._auto else "engine runs here"
            raise EstimatorError(f"no {which}:\n{table(rows)}")
        head = f"engines for {o.batch} crops, {o.threads} threads, {cpu_name()} [ms p50, p90]:"
        return fine, f"{head}\n{table(rows)}"

    def _judged(
        self, ranked: list[Option], text: str, engines: Mapping[Option, Engine]
    ) -> tuple[list[Option], str]:
        """Without what does not run on crops of people; compared until one is found that may be taken."""
        if self._judge is None or not self._auto:
            return ranked, text
        fine: list[Option] = []
        *faster, exact = ranked
        for i, option in enumerate(faster):
            both = (engines[option], lambda: engines[exact])
            failed = compare_on_photograph(self._judge, self._known, option, both, self._options)
            if failed:
                text += f"\n  {option.text}: not compared with {exact.text}: {failed}"
                continue
            fine.append(option)
            if not is_refused(self._known.of(option)):
                fine += faster[i + 1 :]
                break
        return [*fine, exact], text

    def _compare_named(self, option: Option, engine: Engine) -> list[str]:
        """Have the error of a precision that was asked for; a line where that fails."""
        if self._known.of(option) or self._judge is None or option.precision == FP32:
            return []
        self._options.prepare()
        exact = Option(option.engine, FP32, option.device)
        with contextlib.ExitStack() as stack:

            def other() -> Engine:
                made = make(self._trunk, exact, self._options)
                return stack.enter_context(contextlib.closing(made))

            failed = compare_on_photograph(self._judge, self._known, option, (engine, other), self._options)
        return [f"  not compared with {exact.text}: {failed}"] if failed else []

    def _answered(
        self, options: Sequence[Option], text: str, engines: Mapping[Option, Engine] | None = None
    ) -> Choice:
        """What is taken of options, the fastest first; one of ``engines`` where it is there."""
        question = Question(options, self._auto, self._known, self._judge is not None)
        option = question.answer
        engine = (engines or {}).get(option) or make(self._trunk, option, self._options)
        lines = [text, *([] if self._auto else self._compare_named(option, engine))]
        lines += [f"  {line}" for line in question.refused]
        if "\n" in text or option.precision != FP32:  # a table, or what is to be told
            lines.append(f"  taken: {question.words(option)}")
        if self._auto and (waiting := question.comparison) is not None:
            lines.append(f"  after a comparison on the camera's images: {question.words(waiting.option)}")
        return Choice(engine, option, "\n".join(lines), question)


def _machine(options: EngineOptions) -> dict[str, Any]:
    """What speeds and numbers depend on here.

    Raises:
        EstimatorError, MissingDependencyError: the device is not there.
    """
    gpu = ""
    if usual_device(options) == "cuda":
        import torch

        gpu = torch.cuda.get_device_name()
    return {"cpu": cpu_name(), "gpu": gpu, "versions": versions(_PACKAGES)}
