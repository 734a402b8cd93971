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

"""A synthetic operator picks a cube up with the simulated arm and puts it elsewhere, on a controlled clock.

The whole chain is run: the operator's figure as a camera sees it, the filters of one person, the gate with
its clutch, limits and grips at 100 Hz, inverse kinematics, and the arm in MuJoCo, with contacts.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.pick_judge import PickJudge, Verdict
from frankmocap_ros.bench.pick_operator import PickGoal, PickOperator, Scene
from frankmocap_ros.bench.pick_sight import FINGERS, HAND, RATE_HZ, OperatorCamera, Sighting, operator_state
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation
from frankmocap_ros.teleop.wording import counted

ROBOT: Final = "arm"
THING: Final = "cube"
TASK: Final = {**SIMULATED, "grip": "pinch"}
"""Settings of the gate for this task."""
TICK_S: Final = 0.01
LOST_S: Final = 0.5
"""For so long the hand is not seen."""
RUNS: Final = 20
_DELAY_S: Final = 0.05  # from an image to when it is seen
_RUN_ID: Final = 1
FINGER_BODIES: Final = ("left_finger", "right_finger")
GOAL: Final = (0.42, 0.12)
"""Where the mark on the table is, x and y [m]."""
_NEAR_M, _FAR_M = 0.35, 0.47  # where the cube may lie, from the robot
_ASIDE_M: Final = 0.15
_APART_M: Final = 0.12  # least way from the cube to its goal
_AFTER_S: Final = 1.0  # that the cube is watched after the operator has left
_IN_CARRY_M: Final = 0.5  # of the way to the goal: where the hand is lost


@dataclass(frozen=True)
class PickSettings:
    """One run.

    Attributes:
        seed: of the places, the noise and the operator.
        lost: what is lost on the way: ``fingers``, ``hand`` with its wrist, or nothing.
        sighting: how well the operator is seen.
        reaction_s: of the operator; drawn between 0.15 and 0.25 where it is 0 [s].
        longest_s: after so long it is over [s].
    """

    seed: int = 0
    lost: str = ""
    sighting: Sighting = field(default_factory=Sighting)
    reaction_s: float = 0.0
    longest_s: float = 60.0


@dataclass
class PickRun:
    """What came of it.

    Attributes:
        seed, lost: of the settings.
        verdict: of the judge.
        seconds: how long it took until the operator had left.
        regrips: how often the operator began again.
        states: time and name of each state of the gate.
        phases: time and name of each phase of the operator.
        carried_m: way of the cube from its place to its goal.
        refused: commands that the robot did not take, by reason.
    """

    seed: int
    lost: str
    verdict: Verdict = field(default_factory=Verdict)
    seconds: float = 0.0
    regrips: int = 0
    states: list[tuple[float, str]] = field(default_factory=list)
    phases: list[tuple[float, str]] = field(default_factory=list)
    carried_m: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """A line for people."""
        lost = f", {self.lost} lost for {LOST_S:g} s" if self.lost else ""
        again = f", {counted(self.regrips, 'more grip')}" if self.regrips else ""
        return f"run {self.seed}{lost}: {self.verdict.words} in {self.seconds:.1f} s{again}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what is not finite is None."""
        verdict = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self.verdict).items()
        }
        return {**asdict(self), "verdict": verdict, "success": self.verdict.success, "words": self.words}


class _Arm:
    """The robot and what stands around it."""

    def __init__(self, config: GateSettings, start: Array, yaw_rad: float) -> None:
        robot = load_map(ROBOT)
        self.simulation = simulation = Simulation(robot)
        size = float(simulation.objects.pose(THING).position[2])
        simulation.objects.place(THING, np.array([*start, size]), yaw_rad)
        retargeter = Retargeter(robot)
        self.controller_robot = JointController(
            retargeter, lambda: simulation.positions, config.max_tracking_error
        )
        self.targets = retargeter.targets
        self._site = robot.targets[0].part
        self._fingers = [simulation.joint_names.index(name) for name in FINGER_BODIES]

    def drive(self, command: Command | None, time_s: float) -> None:
        """Have a command carried out."""
        if command is None or command.posture is None:
            return
        positions, velocities = command.posture.positions, command.posture.velocities
        self.simulation.command(self.simulation.joint_names, positions.tolist(), velocities.tolist(), time_s)

    def scene(self, time_s: float, following: bool) -> Scene:
        """What the operator can see."""
        simulation = self.simulation
        opening = float(simulation.positions[self._fingers].sum())
        gripper = simulation.site_positions([self._site])[0]
        return Scene(time_s, following, gripper, opening, simulation.objects.pose(THING).position.copy())


def twenty(sighting: Sighting | None = None) -> list[PickSettings]:
    """The runs of the bench: in every other one the hand is lost, in turns without and with its wrist."""
    lost = ("", FINGERS, "", HAND)
    return [PickSettings(seed, lost[seed % 4], sighting or Sighting()) for seed in range(RUNS)]


def places(seed: int) -> tuple[Array, Array, float]:
    """Where the cube lies, where it is to be put, shape (2,) each [m], and how it is turned [rad]."""
    random = np.random.default_rng(seed)
    while True:
        start, goal = random.uniform((_NEAR_M, -_ASIDE_M), (_FAR_M, _ASIDE_M), (2, 2))
        if np.linalg.norm(goal - start) >= _APART_M:
            return start, goal, float(random.uniform(-0.15, 0.15))


def run_pick(settings: PickSettings) -> PickRun:
    """Let the operator try once.

    Raises:
        RobotError: the robot cannot be simulated.
        MissingDependencyError: the simulation is not installed.
    """
    start, goal, yaw_rad = places(settings.seed)
    config = updated(GateSettings(), TASK)
    arm = _Arm(config, start, yaw_rad)
    simulation = arm.simulation
    controller = Controller(config, arm.targets, arm.controller_robot, 0.0)
    random = np.random.default_rng((settings.seed, 1))
    reaction_s = settings.reaction_s or float(random.uniform(0.15, 0.25))
    operator = PickOperator(PickGoal(goal), config.motion_scale, reaction_s)
    camera = OperatorCamera(settings.sighting, settings.seed)
    judge = PickJudge(simulation.objects, THING, frozenset(FINGER_BODIES), goal)
    run = PickRun(settings.seed, settings.lost, judge.verdict, carried_m=float(np.linalg.norm(goal - start)))
    pending: list[tuple[float, Any]] = []
    image_s, lost_s, end_s = 0.0, math.inf, settings.longest_s
    tick, now_s = 0, 0.0
    while now_s < end_s:
        tick += 1
        now_s = tick * TICK_S
        operator.see(arm.scene(now_s, controller.state is State.ENGAGED))
        operator.move(now_s, TICK_S)
        if lost_s == math.inf and _halfway(operator, simulation, start, goal):
            lost_s = now_s
        if now_s >= image_s:
            lost = settings.lost if lost_s <= now_s < lost_s + LOST_S else ""
            pending.append((now_s + _DELAY_S, camera.frame(operator.hand, operator.opening, now_s, lost)))
            image_s += 1.0 / RATE_HZ
        while pending and pending[0][0] <= now_s:
            _, frame = pending.pop(0)
            if controller.follows(_RUN_ID, now_s):
                controller.observe(operator_state(frame, controller.watched), now_s)
        if controller.state is State.DISENGAGED and not operator.done:
            controller.request(now_s)
        simulation.advance(now_s)
        arm.drive(controller.tick(now_s), now_s)
        judge.look(now_s)
        _note(run.states, now_s, controller.state.name)
        _note(run.phases, now_s, operator.phase)
        if operator.done and end_s == settings.longest_s:
            run.seconds, end_s = now_s, min(end_s, now_s + _AFTER_S)
    run.seconds = run.seconds or now_s
    run.regrips, run.refused = operator.regrips, simulation.refused
    return run


def _halfway(operator: PickOperator, simulation: Simulation, start: Array, goal: Array) -> bool:
    """Whether the cube is in the middle of being carried."""
    if operator.phase != "carry":
        return False
    way = simulation.objects.pose(THING).position[:2] - start
    return float(np.linalg.norm(way)) > _IN_CARRY_M * float(np.linalg.norm(goal - start))


def _note(changes: list[tuple[float, str]], time_s: float, name: str) -> None:
    if not changes or changes[-1][1] != name:
        changes.append((time_s, name))
