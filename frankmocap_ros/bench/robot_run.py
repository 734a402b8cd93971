"""An operator, the gate and a simulated robot on a controlled clock; what is commanded, and what it does."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.operators import Sight
from frankmocap_ros.errors import MocapError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.simulation.simulation import Simulation

TICK_S: Final = 0.01
_DELAY_S: Final = 0.05  # from an image to when it is seen
_LATE_EVERY, _LATE_TICKS = 137, 3  # every so many ticks some come late
_RUN_ID: Final = 1
_ARM_M: Final = 0.55  # of an operator
_OF_REACH: Final = 0.28  # a table arm begins in the middle of what it reaches


@dataclass
class RobotRun:
    """What was recorded, one entry a tick with commands. N targets, J joints.

    Attributes:
        times_s: when [s].
        commands: shape (N, 3) each, of the targets [m].
        joints: shape (J,) each, what was sent [rad] or [m].
        velocities: shape (J,) each, as sent [1/s].
        moved: shape (J,) each, where the simulated robot was.
        driven: shape (D,) each, what was sent to the joints of grippers and hands [rad] or [m].
        missed: names of the targets that were not reached.
        states: time and name of each state of the gate.
        reasons: why it let go, each time.
        step_ms: how long each tick took [ms].
        refused: commands that the robot did not take, by reason.
        violations: steps of the robot beyond a limit.
    """

    times_s: list[float] = field(default_factory=list)
    commands: list[Array] = field(default_factory=list)
    joints: list[Array] = field(default_factory=list)
    velocities: list[Array] = field(default_factory=list)
    moved: list[Array] = field(default_factory=list)
    driven: list[Array] = field(default_factory=list)
    missed: list[tuple[str, ...]] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    violations: int = 0


def motion_scale(robot: Retargeter) -> float:
    """What to set as ``motion_scale``: 1 where limbs are scaled, else so that an operator's arm fits."""
    reach = float(robot.reach.min(initial=np.inf)) if robot.table_arm else np.inf
    return round(min(1.0, _OF_REACH * reach / _ARM_M), 2)


def run_robot(robot: RobotMap, retargeter: Retargeter, seen: Sequence[Sight], **settings: Any) -> RobotRun:
    """Let a robot follow an operator, as the gate does at 100 Hz, with some ticks late.

    Args:
        robot: its map.
        retargeter: of the same map.
        seen: the operator, image after image.
        settings: of the gate, beside those of a simulated robot.

    Raises:
        SettingError: a setting is wrong.
        RobotError: the robot cannot be simulated.
    """
    config = updated(GateSettings(), {**SIMULATED, "arming_s": 0.3, **settings})
    simulation = Simulation(robot, dynamics="kinematic")
    driver = JointController(
        retargeter, lambda: simulation.positions, config.max_tracking_error,
        lambda: np.full(len(retargeter.observed), np.nan),
    )  # fmt: skip
    controller = Controller(config, retargeter.targets, driver, 0.0)
    run = RobotRun()
    pending = list(seen)
    end_s = (seen[-1].time_s if seen else 0.0) + _DELAY_S
    tick, now_s = 0, 0.0
    while now_s < end_s:
        tick += 1
        now_s = tick * TICK_S
        if tick % _LATE_EVERY < _LATE_TICKS:
            continue
        while pending and pending[0].time_s + _DELAY_S <= now_s:
            sight = pending.pop(0)
            if controller.follows(_RUN_ID, now_s):
                controller.observe(sight.state(controller.watched), now_s)
        if controller.state is State.DISENGAGED:
            controller.request(now_s)
        simulation.advance(now_s)
        _step(run, controller, driver, simulation, now_s)
    run.refused, run.violations = simulation.refused, simulation.limit_violations
    return run


def _step(
    run: RobotRun, controller: Controller, driver: JointController, simulation: Simulation, now_s: float
) -> None:
    start = time.perf_counter()
    try:
        command = controller.tick(now_s)
    except MocapError as error:
        run.reasons.append(f"it broke: {error}")
        command = None
    took_ms = 1e3 * (time.perf_counter() - start)
    state = controller.state.name
    if not run.states or run.states[-1][1] != state:
        run.states.append((now_s, state))
        if state in ("HOLD", "DISENGAGED") and run.times_s:
            run.reasons.append(controller.reason)
    if command is None or command.posture is None:
        return
    posture = command.posture
    simulation.command(simulation.joint_names, posture.positions.tolist(), posture.velocities.tolist(), now_s)
    run.times_s.append(now_s)
    run.commands.append(command.positions.copy())
    count = len(driver.robot.joint_names)  # what is driven beside them follows nobody
    run.joints.append(posture.positions[:count])
    run.velocities.append(posture.velocities[:count])
    run.moved.append(simulation.positions[:count])
    run.driven.append(posture.positions[count:])
    run.missed.append(driver.missed)
    run.step_ms.append(took_ms)
