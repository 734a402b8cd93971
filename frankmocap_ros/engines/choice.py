"""Which engine is the fastest here: measured once, and remembered for this machine and these weights."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.engines.available import Option, available, make, usual_device
from frankmocap_ros.engines.base import ENGINES, PRECISIONS, Engine, EngineOptions, Trunk
from frankmocap_ros.engines.machine import cpu_name, versions
from frankmocap_ros.engines.measuring import Row, measure, some_crops, table
from frankmocap_ros.engines.openvino import int8_kept
from frankmocap_ros.errors import EstimatorError, MissingDependencyError, MocapError

_PACKAGES: Final = ("torch", "openvino", "onnxruntime", "onnxruntime-gpu", "tensorrt")


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
    on this machine, with these versions and weights and among the same engines. INT8 takes part where
    somebody quantised the trunk before.

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
    asked = _asked(trunk, engine, precision, options)
    can = [option for option in asked if option.problem is None]
    if not can:
        raise _refusal(asked)
    if len(can) == 1:
        return Choice(make(trunk, can[0], options), can[0], f"engine: {can[0].text}, the only one here")
    identity = _identity(trunk, can, options)
    known = _remembered(identity, can, options.cache)
    if known is None:
        options.prepare()
        known = _remembered(identity, can, options.cache)
    if known is not None:
        # it ran before; where it does not now, measuring finds out what does
        with contextlib.suppress(MocapError):
            return Choice(make(trunk, known[0], options), *known)
    choice = _fastest(trunk, asked, options)
    _remember(identity, choice, options.cache)
    return choice


def _asked(trunk: Trunk, engine: str, precision: str, options: EngineOptions) -> list[Option]:
    """The options that the settings allow; auto keeps to the usual device."""
    for setting, value, names in (("engine", engine, ENGINES), ("precision", precision, PRECISIONS)):
        if value not in ("auto", *names):
            raise EstimatorError(f"{setting}: {value!r} is not known; allowed: auto | {' | '.join(names)}")
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
    broken: list[Row] = []
    best = None
    try:
        for option in asked:
            if option.problem is None:
                try:
                    engines[option] = make(trunk, option, options)
                except Exception as error:  # whatever one lacks, auto takes another
                    broken.append(Row(option, failed=f"{type(error).__name__}: {error}"))
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


def _identity(trunk: Trunk, can: Sequence[Option], options: EngineOptions) -> dict[str, Any]:
    """All that a choice depends on."""
    gpu = ""
    if any(option.device == "cuda" for option in can):
        import torch

        gpu = torch.cuda.get_device_name()
    quantised = any(option.precision == "int8" for option in can)
    return {
        "weights": trunk.key,
        "cpu": cpu_name(),
        "gpu": gpu,
        "threads": options.threads,
        "batch": options.batch,
        "versions": versions(_PACKAGES),
        "among": [option.text for option in can],
        "int8": int8_kept(trunk, options.cache).notes() if quantised else None,
    }


def _file(identity: Mapping[str, Any], cache: Path) -> Path:
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return cache / f"choice-{digest[:24]}.json"


def _remembered(identity: Mapping[str, Any], can: Sequence[Option], cache: Path) -> tuple[Option, str] | None:
    """What was chosen before; None where nothing was, or where it cannot be read."""
    try:
        found = json.loads(_file(identity, cache).read_text(encoding="utf-8"))
        chosen, text = found["chosen"], str(found["table"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return next(((option, f"{text}\n  (measured before)") for option in can if option.text == chosen), None)


def _remember(identity: Mapping[str, Any], choice: Choice, cache: Path) -> None:
    """Write down a choice, in one step. Where that cannot be done it is measured again the next time."""
    path = _file(identity, cache)
    content = {"chosen": choice.option.text, "table": choice.text, "of": identity}
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=cache, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        os.replace(temporary, path)
