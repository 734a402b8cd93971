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

"""What the figures of a robot may be, and what to change in its map where they are not."""

from typing import Final

from frankmocap_ros.bench.robot_figures import RobotFigures, TargetFigures
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap

MAX_ERROR_M: Final = 0.06
LEAST_CORRELATION: Final = 0.8
MAX_STUCK_S: Final = 2.0
MAX_ELBOW_DEG: Final = 25.0
LEAST_ENGAGED: Final = 0.6  # of the time
LEAST_REACHABLE: Final = 0.5  # of the commands, for a table arm


def advice(found: RobotFigures, robot: RobotMap) -> tuple[str, ...]:
    """What is beyond what it may be, and what to change; empty where all is well."""
    said: list[str] = []
    if found.engaged < LEAST_ENGAGED:
        why = "; ".join(found.reasons) or "the gate never engaged"
        said.append(f"followed {100.0 * found.engaged:.0f} % of the time only: {why}")
    if not found.commanded:
        return tuple(said)  # nothing else is known of a robot that was never commanded
    for name, one in found.targets.items():
        if name.endswith("wrist"):
            said += _of_wrist(name, one, found, robot)
        if one.stuck_s > MAX_STUCK_S and not name.endswith("elbow"):  # an elbow only points the way
            said.append(
                f"{name}: stuck for {one.stuck_s:.1f} s (at most {MAX_STUCK_S:g}): raise posture_costs of "
                "its limb's first joint, or choose a home nearer to the middle of the ranges"
            )
        off_deg = one.direction_deg if name.endswith("elbow") else None
        if off_deg is not None and off_deg > MAX_ELBOW_DEG:
            said.append(
                f"{name}: {off_deg:.0f} degrees from where it is to point (at most {MAX_ELBOW_DEG:g}): raise "
                "its position_cost"
            )
    if found.reversals_per_s:
        said.append(f"joints turn round at speed {found.reversals_per_s:g} times a second: raise damping")
    if found.violations or found.refused:
        refused = f", refused: {found.refused}" if found.refused else ""
        said.append(f"{found.violations} commands or steps beyond a limit{refused}: check velocity_limits")
    return tuple(said)


def _of_wrist(name: str, one: TargetFigures, found: RobotFigures, robot: RobotMap) -> list[str]:
    said = []
    if one.error_m is None:
        said.append(f"{name}: no command was within reach: check chain and robot_origin")
    elif one.error_m > MAX_ERROR_M:
        said.append(
            f"{name}: {100.0 * one.error_m:.1f} cm from its commands (at most {100.0 * MAX_ERROR_M:g}): "
            + _for_error(name, found, robot)
        )
    if robot.table_arm and one.reachable is not None and one.reachable < LEAST_REACHABLE:
        said.append(
            f"{name}: {100.0 * (1.0 - one.reachable):.0f} % of the commands are beyond its reach: choose a "
            "home in the middle of what it reaches, or lower motion_scale"
        )
    elif one.correlation is not None and one.correlation < LEAST_CORRELATION:
        said.append(
            f"{name}: moves unlike the operator, correlation {one.correlation:.2f} (at least "
            f"{LEAST_CORRELATION:g}): check base, rotation, and that left is left"
        )
    return said


def _for_error(name: str, found: RobotFigures, robot: RobotMap) -> str:
    """What brings a wrist nearer to its commands."""
    elbows = {t.joint.partition("_")[0] for t in robot.targets if t.joint.endswith("_elbow")}
    steps = []
    if found.at_speed:
        steps.append(f"raise velocity_limits of {', '.join(found.at_speed)}")
    if not robot.table_arm and name.partition("_")[0] not in elbows:
        steps.append("add an elbow target")
    return " and ".join(steps) or "lower posture_costs, or correct chain and home"
