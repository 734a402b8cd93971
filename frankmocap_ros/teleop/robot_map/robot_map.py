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

"""The map of a robot: its model, and which part of it follows which joint of the operator."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap
from frankmocap_ros.teleop.robot_map.gripper_map import (
    DrivenJoint,
    GripperMap,
)
from frankmocap_ros.teleop.robot_map.hand_map import HandMap
from frankmocap_ros.teleop.robot_map.target_map import TargetMap
from frankmocap_ros.teleop.robot_model.additions import AddedSite, Additions, Base, KeepOut, KeepOutBox
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.stated_speeds import stated_speeds

DEFAULT_SPEED: Final = 10.0
DEFAULT_ACCELERATION: Final = 10.0
KINEMATIC: Final = "kinematic"
PHYSICS: Final = "physics"


@dataclass(frozen=True)
class RobotMap:
    """A robot and how it follows a person. Names of the model are checked where it is loaded.

    Attributes:
        model: MJCF or URDF, as a file or received.
        keyframe: the model's keyframe of the home posture; empty for none.
        home: joint -> position where no keyframe is named; others are 0, or the middle of their range.
        speeds: joint -> highest speed [rad/s] or [m/s].
        default_speed: of the other joints, where the model does not state a lower one.
        targets: what follows.
        posture_costs: joint -> weight of its home position.
        default_posture_cost: of the other joints.
        damping: weight of rest.
        minimum_distance_m: between the pairs, and from the boxes.
        pairs: names of geoms, or of bodies for all of theirs, that must not touch.
        joints: names of those that are commanded; empty for those that move a target.
        simulation: how the robot is simulated: ``kinematic`` or ``physics``.
        simulation_limits: settings of a simulated robot's gate, instead of those of ``SIMULATED``.
            No real robot's gate reads them.
        base: where its base is in the frame of the commands.
        table_arm: whether it follows the operator's motion only: no limb is scaled by the operator's, and it
            never aligns with their posture.
        controllers: topic -> what the controller takes that listens there; empty for one of all joints.
        accelerations: joint -> highest acceleration [rad/s^2] or [m/s^2].
        default_acceleration: of the other joints.
        keep_out: boxes that no commanded part enters.
        efforts: joint -> effort above which it is in contact [Nm] or [N].
        default_effort: of the other commanded joints; infinite for no limit.
        grippers: what opens and shuts.
        hands: whose fingers follow the operator's.
        scene: MJCF of what stands around the robot where it is simulated; None for nothing.
    """

    model: ModelSource
    keyframe: str
    home: Mapping[str, float]
    speeds: Mapping[str, float]
    default_speed: float
    targets: tuple[TargetMap, ...]
    posture_costs: Mapping[str, float]
    default_posture_cost: float
    damping: float
    minimum_distance_m: float
    pairs: tuple[tuple[str, str], ...]
    joints: tuple[str, ...] = ()
    simulation: str = KINEMATIC
    simulation_limits: Mapping[str, float] = field(default_factory=dict)
    base: Base = field(default_factory=Base)
    table_arm: bool = False
    controllers: Mapping[str, ControllerMap] = field(default_factory=dict)
    accelerations: Mapping[str, float] = field(default_factory=dict)
    default_acceleration: float = DEFAULT_ACCELERATION
    keep_out: tuple[KeepOutBox, ...] = ()
    efforts: Mapping[str, float] = field(default_factory=dict)
    default_effort: float = math.inf
    grippers: tuple[GripperMap, ...] = ()
    hands: tuple[HandMap, ...] = ()
    scene: Path | None = None

    @property
    def driven(self) -> tuple[DrivenJoint, ...]:
        """Joints that are driven to positions of their own, beside the inverse kinematics."""
        fingers = (
            DrivenJoint(name, self.speed(name), self.acceleration(name), hand.key)
            for hand in self.hands
            for name in hand.joints
        )
        return (*(joint for gripper in self.grippers for joint in gripper.driven), *fingers)

    @property
    def joints_apart(self) -> frozenset[str]:
        """Driven joints with a controller of their own, which is the only one that takes their commands."""
        return frozenset(j for gripper in self.grippers if gripper.controller for j in gripper.joints)

    def without_grippers(self) -> "RobotMap":
        """The map of the robot while nobody opens or shuts anything.

        What shares a controller with other joints stays: a controller needs all of its own.
        """
        own = {one.controller.topic for one in self.grippers if one.controller is not None}
        controllers = {topic: one for topic, one in self.controllers.items() if topic not in own}
        shared = {joint for one in controllers.values() for joint in one.joints}
        grippers = tuple(one for one in self.grippers if shared.issuperset(one.joints))
        return replace(self, grippers=grippers, controllers=controllers)

    @property
    def _sites(self) -> tuple[tuple[AddedSite, ...], ...]:
        return (*(target.sites for target in self.targets), *(hand.sites for hand in self.hands))

    @property
    def additions(self) -> Additions:
        """What its model gets beside what its file has."""
        sites = tuple(s for sites in self._sites for s in sites)
        return Additions(self.base, sites, scene=self.scene)

    @property
    def constrained(self) -> Additions:
        """The same without a scene, with the boxes that its commanded parts are kept out of."""
        points = tuple(target.part for target in self.targets) if self.keep_out else ()
        return replace(self.additions, keep_out=KeepOut(self.keep_out, points), scene=None)

    @cached_property
    def _stated(self) -> Mapping[str, float]:
        """The speeds that the model's file states."""
        return stated_speeds(self.model)

    def speed(self, joint: str) -> float:
        """Highest speed of a joint [rad/s] or [m/s]: its own, or the lesser one of default and model.

        Raises:
            RobotError: the model cannot be read.
        """
        of_grippers = {one.name: one.max_speed for gripper in self.grippers for one in gripper.driven}
        own = of_grippers.get(joint, self.speeds.get(joint))
        return min(self.default_speed, self._stated.get(joint, math.inf)) if own is None else own

    def effort(self, joint: str) -> float:
        """Effort of a joint above which it is in contact [Nm] or [N]; infinite for no limit."""
        return self.efforts.get(joint, self.default_effort)

    def acceleration(self, joint: str) -> float:
        """Highest acceleration of a joint [rad/s^2] or [m/s^2]."""
        return self.accelerations.get(joint, self.default_acceleration)
