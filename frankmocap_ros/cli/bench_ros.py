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

"""``frankmocap_ros bench --ros``: camera, node and subscriber as three processes, as people run them."""

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Final

from frankmocap_ros.bench.arrivals import (
    FIRST,
    dropped,
    first_ratio,
    memory_growth_mb,
    node_stages,
    p99_drift,
)
from frankmocap_ros.bench.camera_video import prepared_video
from frankmocap_ros.bench.combinations import Combination, ran
from frankmocap_ros.bench.probes import resident_mb
from frankmocap_ros.bench.rows import BenchRow, Sample, people_seen, percentiles
from frankmocap_ros.cli.nodes import (
    camera_command,
    check,
    listening,
    mocap_command,
    running,
    stay_here,
    stop_on_signals,
    wait_for,
)
from frankmocap_ros.cli.ros_available import require_ros
from frankmocap_ros.errors import EstimatorError, MocapError

if TYPE_CHECKING:
    from frankmocap_ros.ros.clients.receiver import Receipt, Receiver

LEFT_OUT_S: Final = 2.0  # after the first body
_LOAD_S: Final = 300.0  # exporting a network and measuring engines takes its time, once
_BODY_S: Final = 30.0
_DECIDE_S: Final = 120.0  # until the node has compared precisions on its camera, once
_LOOK_S: Final = 0.5  # between two looks at the processes
_ACQUAINTED_S: Final = 1.0  # until the node knows the subscriber as the subscriber knows it
_LAST_WORDS_S: Final = 1.2  # until the node's diagnostics of the last frames are there

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """How to run each row.

    Attributes:
        source, width: of the camera.
        rate_hz: of the camera [Hz].
        seconds: that count [s].
        soak: whether memory and drift are told too.
    """

    source: str = "auto"
    width: int = 640
    rate_hz: float = 30.0
    seconds: float = 60.0
    soak: bool = False


@dataclass(frozen=True)
class _Window:
    """What was seen while it counted.

    Attributes:
        start_s, end_s: on the steady clock [s].
        before, after: the node's diagnostics.
        memory: seconds since the start, and the node's memory then [MB].
    """

    start_s: float
    end_s: float
    before: dict[str, str]
    after: dict[str, str]
    memory: list[tuple[float, float]]


def _is_undecided(values: dict[str, str]) -> bool:
    """Whether the node still finds out in which precision it is to run."""
    return values.get("precision_undecided") == "true"


def _watch(run: Run, receiver: "Receiver", processes: "list[Popen[bytes]]", stop: threading.Event) -> _Window:
    """Wait until it runs, let it run its time, and look at the node's memory meanwhile."""
    for event in (receiver.first_frame, receiver.first_body):
        wait_for(event.wait, processes, stop, receiver, _BODY_S)
    if not receiver.first_body.is_set():
        what = "frame" if not receiver.first_frame.is_set() else "body"
        raise EstimatorError(f"no {what} was ever received; the camera must see a person")
    decide_until_s = time.perf_counter() + _DECIDE_S
    while _is_undecided(receiver.values()) and time.perf_counter() < decide_until_s and not stop.is_set():
        stop.wait(_LOOK_S)
        check(processes)
    stop.wait(LEFT_OUT_S)
    before, start_s = receiver.values(), time.perf_counter()
    memory: list[tuple[float, float]] = []
    while not stop.is_set() and (left_s := start_s + run.seconds - time.perf_counter()) > 0.0:
        stop.wait(min(_LOOK_S, left_s))
        check(processes)
        used = resident_mb(processes[0].pid)
        if used is not None:
            memory.append((time.perf_counter() - start_s, used))
    end_s = time.perf_counter()
    stop.wait(_LAST_WORDS_S)
    return _Window(start_s, end_s, before, receiver.values(), memory)


def _row(run: Run, combination: Combination, receiver: "Receiver", window: _Window) -> BenchRow:
    """The figures."""
    receipts = receiver.receipts()
    counted = [one for one in receipts if window.start_s <= one.received_s <= window.end_s]
    if not counted:
        raise EstimatorError("no frame was received while it counted")
    ages = [one.age_ms for one in counted]
    engine, precision = ran(window.after.get("device", ""))
    more: dict[str, object] = {
        "oldest_ms": round(max(ages), 3),
        "frames_sent": _sent(receiver, counted),
        "frames_received": len(counted),
        "dropped": dropped(window.before, window.after),
        "first50_ratio": first_ratio(
            [one.inference_ms for one in receipts], [one.inference_ms for one in counted]
        ),
        "first50_oldest_ms": round(max(one.age_ms for one in receipts[:FIRST]), 3),
        "first_sequence": receipts[0].sequence,
        **{name: text for name, text in window.after.items() if name.startswith("precision/")},
    }
    if run.soak:
        more |= {"memory_growth_mb": memory_growth_mb(window.memory), "p99_drift": p99_drift(ages)}
    return replace(
        _named(combination),
        estimator=window.after.get("estimator", combination.estimator),
        engine=engine,
        precision=precision,
        people=people_seen([Sample({}, one.age_ms, one.bodies) for one in counted]),
        stages_ms=node_stages(window.after),
        total_ms=percentiles(ages),
        fps=round(len(counted) / (window.end_s - window.start_s), 2),
        rss_mb=round(max(used for _, used in window.memory), 1) if window.memory else None,
        frames=len(counted),
        more=more,
    )


def _sent(receiver: "Receiver", counted: "Sequence[Receipt]") -> int:
    """Images that the camera sent from the first to the last that came back as bodies."""
    first, last = counted[0].stamp_ns, counted[-1].stamp_ns
    return sum(first <= stamp <= last for stamp in receiver.read().camera_stamps)


def _named(combination: Combination) -> BenchRow:
    c = combination
    return BenchRow(f"ros: {c.name}", c.estimator, c.engine, c.precision, c.preset)


def _one(run: Run, combination: Combination, stop: threading.Event) -> BenchRow:
    """Run one row.

    The node's first frames belong to it: there are none before subscriber and node know each other.

    Raises:
        MocapError: it does not run.
    """
    from frankmocap_ros.ros.clients.receiver import Receiver

    with listening(Receiver) as receiver, running([mocap_command(combination.config)]) as node:
        wait_for(receiver.knows_node, node, stop, receiver, _LOAD_S)
        stop.wait(_ACQUAINTED_S)
        with running([camera_command(run.source, run.width, run.rate_hz)]) as camera:
            return _row(run, combination, receiver, _watch(run, receiver, [*node, *camera], stop))


def measure(run: Run, rows: Sequence[Combination], tell: Tell) -> list[BenchRow]:
    """Run one row after the other, until Ctrl-C.

    Raises:
        MissingDependencyError: ROS or this package's messages are not there.
    """
    require_ros("bench --ros")
    stay_here()
    stop = stop_on_signals()
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        run = replace(run, source=prepared_video(run.source, run.width, Path(folder)))
        for combination in rows:
            tell(f"{combination.name}: {run.seconds:g} s")
            try:
                measured.append(_one(run, combination, stop))
            except MocapError as error:
                tell(f"{combination.name}: {error}")
                measured.append(replace(_named(combination), error=str(error)))
            if stop.is_set():
                break
    return measured
