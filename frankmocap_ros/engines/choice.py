"""Which engine is the fastest here: measured once, and remembered for this machine and these weights."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.engines.available import Option, available, make, usual_device
from frankmocap_ros.engines.base import ENGINES, PRECISIONS, Engine, EngineOptions, Trunk
from frankmocap_ros.engines.measuring import EngineTiming, measure, some_crops, table
from frankmocap_ros.engines.openvino import int8_kept
from frankmocap_ros.errors import EstimatorError, MissingDependencyError, MocapError
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
        measured: whether that was just now.
    """

    engine: Engine
    option: Option
    text: str
    measured: bool = False


def choose(
    trunk: Trunk, engine: str = "auto", precision: str = "auto", options: EngineOptions | None = None
) -> Choice:
    """The engine for the settings ``engine`` and ``precision``.

    Where both are named nothing is measured. What auto leaves open is measured, unless that was done before
    on this machine, with these versions and weights. INT8 takes part where somebody quantized the trunk
    before.

    Args:
        trunk: what to run.
        engine: auto or one of ``ENGINES``.
        precision: auto or one of ``PRECISIONS``.
        options: where.

    Raises:
        EstimatorError: what is asked for is not there; nothing else is taken in its place.
        MissingDependencyError: a package of it is not installed.
    """
    options = options or EngineOptions()
    _check_names(engine, precision)
    if "auto" not in (engine, precision) and usual_device(options) == "cpu":
        (option,) = _possible(_asked(trunk, engine, precision, options))
        return Choice(make(trunk, option, options), option, f"engine: {option.text}")
    # first what was chosen before: that may need nothing of all that has to be imported to find out
    memory = _Memory(trunk, (engine, precision), options)
    known = memory.recall()
    if known is None:
        options.prepare()
        known = memory.recall()
    if known is not None:
        return known
    asked = _asked(trunk, engine, precision, options)
    can = _possible(asked)
    if len(can) == 1:
        choice = Choice(make(trunk, can[0], options), can[0], f"engine: {can[0].text}, the only one here")
    else:
        choice = _fastest(trunk, asked, options)
    memory.remember(choice)
    return choice


def _check_names(engine: str, precision: str) -> None:
    for setting, value, names in (("engine", engine, ENGINES), ("precision", precision, PRECISIONS)):
        if value not in ("auto", *names):
            raise EstimatorError(f"{setting}: {value!r} is not known; allowed: auto | {' | '.join(names)}")


def _asked(trunk: Trunk, engine: str, precision: str, options: EngineOptions) -> list[Option]:
    """The options that the settings allow; auto keeps to the usual device."""
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

    There it never was the fastest (42 ms a crop against 21 ms with bfloat16 and 43 ms without), and writing
    its file takes most of the time that a first start takes: 17 of 24 s.
    """
    runs = {option.engine for option in options if option.device == "cpu" and option.problem is None}
    left_out = "onnxruntime" if "openvino" in runs else ""
    return [option for option in options if option.engine != left_out]


def _possible(asked: Sequence[Option]) -> list[Option]:
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


def _fastest(trunk: Trunk, asked: Sequence[Option], options: EngineOptions) -> Choice:
    """Load everything that can run, measure, and keep one."""
    engines: dict[Option, Engine] = {}
    broken: list[EngineTiming] = []
    best = None
    try:
        for option in asked:
            if option.problem is None:
                try:
                    engines[option] = make(trunk, option, options)
                except Exception as error:  # whatever one lacks, auto takes another
                    broken.append(EngineTiming(option, failed=f"{type(error).__name__}: {error}"))
        rows = [*measure(engines, some_crops(trunk, options.batch)), *broken]
        if not rows or rows[0].failed:
            raise EstimatorError(f"no engine runs here:\n{table(rows)}")
        best = rows[0].option
        head = f"engines for {options.batch} crops, {options.threads} threads, {cpu_name()} [ms p50, p90]:"
        text = "\n".join([head, table(rows, best), *_absent(asked)])
        return Choice(engines[best], best, text, measured=True)
    finally:
        for option, engine in engines.items():
            if option != best:
                engine.close()


def _absent(asked: Sequence[Option]) -> list[str]:
    """A line for each reason why options were not measured."""
    reasons: dict[str, list[str]] = {}
    for option in asked:
        if option.problem is not None:
            reasons.setdefault(option.reason, []).append(option.text)
    return [f"  {', '.join(texts)}: {reason}" for reason, texts in reasons.items()]


class _Memory:
    """What came of a question before, on this machine; nothing is imported to look.

    Args:
        trunk: what is to run.
        asked: the settings ``engine`` and ``precision``.
        options: where.

    Raises:
        EstimatorError, MissingDependencyError: the device is not there.
    """

    def __init__(self, trunk: Trunk, asked: tuple[str, str], options: EngineOptions) -> None:
        self._trunk = trunk
        self._options = options
        gpu = ""
        if usual_device(options) == "cuda":
            import torch

            gpu = torch.cuda.get_device_name()
        self._of = {
            "weights": trunk.key,
            "asked": list(asked),
            "cpu": cpu_name(),
            "gpu": gpu,
            "threads": options.threads,
            "batch": options.batch,
            "versions": versions(_PACKAGES),
            "int8": int8_kept(trunk, options.cache).notes() if asked[1] in ("auto", "int8") else None,
        }

    @property
    def _file(self) -> Path:
        digest = hashlib.sha256(json.dumps(self._of, sort_keys=True).encode()).hexdigest()
        return self._options.cache / f"choice-{digest[:24]}.json"

    def recall(self) -> Choice | None:
        """What was chosen; None where nothing was, where it cannot be read, or where it does not run now."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            option, text = Option(**found["chosen"]), str(found["table"])
            return Choice(make(self._trunk, option, self._options), option, f"{text}\n  (found out before)")
        except (OSError, ValueError, KeyError, TypeError, MocapError):
            return None

    def remember(self, choice: Choice) -> None:
        """Write it down, in one step. Where that cannot be done it is measured again the next time."""
        path, option = self._file, choice.option
        chosen = {"engine": option.engine, "precision": option.precision}
        chosen |= {"device": option.device, "variant": option.variant}
        with contextlib.suppress(OSError):
            self._options.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._options.cache, prefix=path.name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"chosen": chosen, "table": choice.text, "of": self._of}, file, indent=1)
            os.replace(temporary, path)
