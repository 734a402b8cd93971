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

"""How a gate is, for ``/diagnostics``."""

from collections.abc import Sequence

from frankmocap_ros.ros.gate.gate_worker import GateWorker
from frankmocap_ros.runtime.diagnostics import Health
from frankmocap_ros.runtime.snapshot import Level
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.wording import numbered


def gate_health(controller: Controller, worker: GateWorker, warnings: Sequence[str], now_s: float) -> Health:
    """The state, why nothing can be engaged, and how late the worker is; for the worker's thread.

    Args:
        controller: the gate.
        worker: who runs it.
        warnings: what the checks before engagement only tell.
        now_s: now [s].
    """
    level = {State.FAULT: Level.ERROR, State.HOLD: Level.WARN}.get(controller.state, Level.OK)
    text = f"{controller.state.name}: {controller.reason}"
    obstacles = controller.obstacles(now_s)
    untold = [obstacle for obstacle in obstacles if obstacle not in text]
    if untold:
        text += f"; cannot engage: {numbered(untold)}"
    values = {
        "state": controller.state.name,
        "operator": str(controller.operator_id),
        "publishers": ", ".join(controller.reception.run.nodes) or "none",
        "lag_ms": f"{controller.tracking_quality.lag_ms:.1f}",
        "jitter_mm": f"{controller.tracking_quality.jitter_mm:.2f}",
        "limits": ", ".join(controller.limits_hit),
        "grips": controller.grips.described(),
        "warnings": "; ".join(warnings),
    }
    for name, meter in (("late_ms", worker.late_ms), ("busy_ms", worker.busy_ms)):
        found = meter.percentiles((50.0, 99.0))
        if found:
            values[name] = f"p50 {found[0]:.2f}, p99 {found[1]:.2f}"
    values |= {f"ignored/{reason}": str(n) for reason, n in controller.reception.ignored.items()}
    return Health(max(level, Level.WARN) if obstacles else level, text, values)
