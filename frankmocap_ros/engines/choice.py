"""Which engine is taken here: the fastest one of those that leave joints where they are.

What auto takes without more is float32. Whatever has fewer bits is judged by joints (``judging``): on a
photograph of somebody before it may be taken at all, then on the user's camera. Both is found out once, and
remembered for this machine and these weights.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from frankmocap_ros.body.joint_error import LIMITS, limits_text
from frankmocap_ros.engines.asked import absent_lines, asked_options, check_names, possible
from frankmocap_ros.engines.available import Option, make, usual_device
from frankmocap_ros.engines.base import Engine, EngineOptions, Trunk
from frankmocap_ros.engines.judging import (
    CAMERA,
    Errors,
    Judge,
    KnownErrors,
    compare_on_photograph,
    errors_text,
    is_proven,
    is_refused,
)
from frankmocap_ros.engines.measuring import EngineTiming, measure, some_crops, table
from frankmocap_ros.engines.remembered import Remembered
from frankmocap_ros.errors import EstimatorError, MocapError
from frankmocap_ros.runtime.machine import cpu_name, versions

# with another version of one of these, another engine may be the fastest
_PACKAGES: Final = (
    "torch", "openvino", "onnxruntime", "onnxruntime-gpu", "tensorrt", "onnx", "onnxscript",
)  # fmt: skip
_FP32: Final = "fp32"


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
class Choice:
    """An engine, and why this one.

    Attributes:
        engine: ready to run; warm for ``EngineOptions.batch`` crops at most.
        option: which one it is.
        text: what was measured, or a line where there was nothing to choose; for the log.
        known: what is known of the joints' errors, of this option and of others.
        measured: whether it was measured just now.
        comparison: what should be compared on the user's camera: a faster option that would be taken then, or
            this one where its precision was asked for. None where nothing is to be found out.
    """

    engine: Engine
    option: Option
    text: str
    known: KnownErrors
    measured: bool = False
    comparison: Comparison | None = None

    @property
    def errors(self) -> Errors:
        """Of the option that was taken; none where it is float32."""
        return {} if self.option.precision == _FP32 else self.known.of(self.option)


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
        MissingDependencyError: a package of it is not installed.
    """
    check_names(engine, precision)
    return _Chooser(trunk, (engine, precision), options or EngineOptions(), judge).choose()


@dataclass(frozen=True, eq=False)
class _Ranking:
    """Options in the order in which they would be taken, and what was measured of them.

    Attributes:
        options: the fastest first; with precision auto up to the first in float32.
        text: the table.
        engines: those that are loaded; whoever ranks them closes what is not taken.
        measured: whether that was just now.
    """

    options: Sequence[Option]
    text: str
    engines: Mapping[Option, Engine] = field(default_factory=dict)
    measured: bool = False


class _Chooser:
    """One question: which engine for this trunk?

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

    def choose(self) -> Choice:
        """See the function ``choose``."""
        if "auto" not in self._asked and usual_device(self._options) == "cpu":
            (option,) = possible(asked_options(self._trunk, *self._asked, self._options))
            return self._taken(_Ranking([option], f"engine: {option.text}"))
        # first what was found out before: that may need nothing of all that has to be imported to find out
        known = self._recalled()
        if known is None:
            self._options.prepare()
            known = self._recalled()
        return known or self._found_out()

    def _recalled(self) -> Choice | None:
        """What follows from what was measured before; None where that is not known, or does not run now."""
        found = self._memory.read()
        try:
            options, text = [Option(**option) for option in found["options"]], str(found["text"])
            return self._taken(_Ranking(options, f"{text}\n  (measured before)"))
        except (KeyError, IndexError, TypeError, MocapError):
            return None

    def _found_out(self) -> Choice:
        """Measure, judge, remember."""
        asked = asked_options(self._trunk, *self._asked, self._options)
        engines: dict[Option, Engine] = {}
        kept: Engine | None = None
        try:
            ranking = self._judged(self._ranked(asked, engines))
            choice = self._taken(ranking)
            kept = choice.engine
        finally:
            for engine in engines.values():
                if engine is not kept:
                    engine.close()
        answer = {"options": [_record(option) for option in ranking.options], "text": ranking.text}
        self._memory.write(answer)
        return choice

    def _ranked(self, asked: Sequence[Option], engines: dict[Option, Engine]) -> _Ranking:
        """Load everything that can run into ``engines``, and measure.

        Raises:
            EstimatorError: nothing runs, or with precision auto nothing in float32.
        """
        can = possible(asked)
        if len(can) == 1 and (not self._auto or can[0].precision == _FP32):
            engines[can[0]] = make(self._trunk, can[0], self._options)
            return _Ranking(can, f"engine: {can[0].text}, the only one here", engines)
        broken: list[EngineTiming] = []
        for option in can:
            try:
                engines[option] = make(self._trunk, option, self._options)
            except Exception as error:  # whatever one lacks, auto takes another
                broken.append(EngineTiming(option, failed=f"{type(error).__name__}: {error}"))
        rows = [*measure(engines, some_crops(self._trunk, self._options.batch)), *broken]
        fine = [row.option for row in rows if not row.failed]
        if self._auto:
            exact = next((i for i, option in enumerate(fine) if option.precision == _FP32), -1)
            fine = fine[: exact + 1]
        if not fine:
            which = "engine runs here in fp32, which auto needs" if self._auto else "engine runs here"
            raise EstimatorError(f"no {which}:\n{table(rows)}")
        o = self._options
        head = f"engines for {o.batch} crops, {o.threads} threads, {cpu_name()} [ms p50, p90]:"
        return _Ranking(fine, "\n".join([head, table(rows), *absent_lines(asked)]), engines, measured=True)

    def _judged(self, ranking: _Ranking) -> _Ranking:
        """Without what does not run on crops of people; compared on the photograph until one may be taken."""
        if self._judge is None or not self._auto:
            return ranking
        fine, lines = [], []
        *faster, exact = ranking.options
        for i, option in enumerate(faster):
            engines = (ranking.engines[option], lambda: ranking.engines[exact])
            failed = compare_on_photograph(self._judge, self._known, option, engines, self._options)
            if failed:
                lines.append(f"  {option.text}: not compared with {exact.text}: {failed}")
                continue
            fine.append(option)
            errors = self._known.of(option)
            if not is_refused(errors):
                fine += faster[i + 1 :]
                break
            lines.append(f"  {option.text} is not taken: {errors_text(errors)}, allowed are {limits_text()}")
        return replace(ranking, options=[*fine, exact], text="\n".join([ranking.text, *lines]))

    def _compare_named(self, option: Option, engine: Engine, exact: Option) -> list[str]:
        """Have the error of a precision that was asked for; a line where that fails."""
        if not self._known.of(option):
            self._options.prepare()
        with contextlib.ExitStack() as stack:

            def other() -> Engine:
                made = make(self._trunk, exact, self._options)
                return stack.enter_context(contextlib.closing(made))

            failed = compare_on_photograph(self._judge, self._known, option, (engine, other), self._options)
        return [f"  {option.text}: not compared with {exact.text}: {failed}"] if failed else []

    def _taken(self, ranking: _Ranking) -> Choice:
        """What is taken of a ranking."""
        option, waiting = self._picked(ranking.options)
        engine = ranking.engines.get(option) or make(self._trunk, option, self._options)
        comparison, lines = None, [ranking.text]
        if self._auto and waiting is not None:
            comparison = Comparison(waiting, ranking.options[-1])
        elif not self._auto and option.precision != _FP32 and self._judge is not None:
            exact = Option(option.engine, _FP32, option.device)
            lines += self._compare_named(option, engine, exact)
            comparison = Comparison(option, exact) if CAMERA not in self._known.of(option) else None
        if ranking.measured or len(ranking.options) > 1 or option.precision != _FP32:
            lines.append(f"  taken: {self._words(option)}")
        if waiting is not None:
            lines.append(f"  after a comparison on the camera's images: {self._words(waiting)}")
        return Choice(engine, option, "\n".join(lines), self._known, ranking.measured, comparison)

    def _picked(self, options: Sequence[Option]) -> tuple[Option, Option | None]:
        """What is taken, and what would be if it had been compared on the camera's images."""
        if not self._auto:
            return options[0], None
        waiting: Option | None = None
        for option in options:
            errors = self._known.of(option)
            if option.precision == _FP32 or is_proven(errors):
                return option, waiting
            if waiting is None and self._judge is not None and not is_refused(errors):
                waiting = option
        raise KeyError(_FP32)  # of a file that is not this class's

    def _words(self, option: Option) -> str:
        if option.precision == _FP32:
            return option.text
        return f"{option.text}, {errors_text(self._known.of(option))}"


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


def _record(option: Option) -> dict[str, str]:
    """An option as JSON has it."""
    names = ("engine", "precision", "device", "variant")
    return {name: getattr(option, name) for name in names}
