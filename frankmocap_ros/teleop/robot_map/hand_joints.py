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

"""The joints of a robot hand where its map does not name them: from a URDF, or from the robot's model."""

from collections.abc import Collection
from pathlib import Path

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.additions import Additions
from frankmocap_ros.teleop.robot_model.equalities import equalities, joints_above
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.robot_model.xml_source import read_xml


def urdf_joints(urdf: Path) -> tuple[str, ...]:
    """The joints of a hand's URDF that move by themselves.

    Raises:
        RobotError: it cannot be read, or has none.
    """
    found = tuple(
        joint.get("name", "")
        for joint in read_xml(urdf).iterfind("joint")
        if joint.get("type") in ("revolute", "prismatic") and joint.find("mimic") is None
    )
    if not found:
        raise RobotError(f"{urdf}: it has no revolute or prismatic joint")
    return found


def joints_of_tips(
    model: ModelSource, additions: Additions, wrist: str, tips: Collection[str]
) -> tuple[str, ...]:
    """The joints between a wrist and finger tips; in place of those that follow others, these.

    Args:
        model: of the robot.
        additions: sites that it gets.
        wrist: name of a site or a body.
        tips: names of sites or bodies.

    Raises:
        RobotError: the model cannot be read, or has not what is named.
        MissingDependencyError: MuJoCo is not installed.
    """
    loaded = load_model_file(model, Shapes.NONE, additions)
    mj = loaded.model
    bodies = {str(mj.body(i).name): i for i in range(mj.nbody)}
    bodies |= {str(mj.site(i).name): int(mj.site_bodyid[i]) for i in range(mj.nsite)}
    unknown = [name for name in (wrist, *tips) if name not in bodies]
    if unknown:
        raise RobotError(
            f"it has no site or body {unknown[0]}; it has {', '.join(sorted(filter(None, bodies)))}"
        )
    leaders = {e.follower: e.leader for e in equalities(loaded.mujoco, mj) if e.follower is not None}
    above = set(joints_above(mj, bodies[wrist]))
    found: dict[str, None] = {}
    for tip in tips:
        for moving in joints_above(mj, bodies[tip]):
            joint: int | None = moving
            for _ in leaders:  # one may follow another one
                joint = leaders.get(joint, joint) if joint is not None else None
            if moving not in above and joint is not None:
                found[str(mj.joint(joint).name)] = None
    if not found:
        raise RobotError(f"no joint is between {wrist} and {', '.join(tips)}")
    return tuple(found)
