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

"""A simulated robot that follows an operator, as the gate lets it, on a clock that is late at times."""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.operator_joints import OperatorJoints
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.simulated_run import RobotRun, SimulatedRun

TICK_S: Final = 0.01
_DELAY_S: Final = 0.05  # from an image to when it is seen
_LATE_EVERY, _LATE_TICKS = 137, 3  # every 137 ticks 3 come late
_RUN_ID: Final = 1
_ARM_M: Final = 0.55  # of an operator
_OF_REACH: Final = 0.28  # a table arm begins in the middle of what it reaches


def motion_scale(robot: Retargeter) -> float:
    """What to set as ``motion_scale``: 1 where limbs are scaled, else so that an operator's arm fits."""
    reach = float(robot.reach.min(initial=np.inf)) if robot.table_arm else np.inf
    return round(min(1.0, _OF_REACH * reach / _ARM_M), 2)


def run_robot(
    robot: RobotMap, retargeter: Retargeter, seen: Sequence[OperatorJoints], **settings: Any
) -> RobotRun:
    """Let a robot follow an operator, as the gate does at 100 Hz, with some ticks late.

    Args:
        robot: its map, of which the simulation's limits are taken.
        retargeter: of the same robot.
        seen: the operator, image after image.
        settings: of the gate, beside those of a simulated robot.

    Raises:
        SettingError: a setting is wrong.
        RobotError: the robot cannot be simulated.
    """
    config = updated(GateSettings(), {**SIMULATED, "arming_s": 0.3, **robot.simulation_limits, **settings})
    simulated = SimulatedRun(retargeter, config, clock=time.perf_counter)
    controller = simulated.controller
    pending = list(seen)
    end_s = (seen[-1].time_s if seen else 0.0) + _DELAY_S
    tick, now_s = 0, 0.0
    while now_s < end_s:
        tick += 1
        simulated.now_s = now_s = tick * TICK_S
        if tick % _LATE_EVERY < _LATE_TICKS:
            continue
        while pending and pending[0].time_s + _DELAY_S <= now_s:
            joints = pending.pop(0)
            if controller.follows(_RUN_ID, now_s):
                controller.observe(joints.of(controller.watched), now_s)
        if controller.state is State.DISENGAGED:
            controller.request(now_s)
        simulated.tick()
    return simulated.run
