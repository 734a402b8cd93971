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

"""What stands around a robot in a simulation: a table, a cube; a model of its own, in the commands' frame."""

import xml.etree.ElementTree as ET
from typing import Any, Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.xml_source import read_xml, shortened

SCENE: Final = "scene/"
"""Names of what belongs to the scene begin with this in a model."""


def add_scene(mujoco: Any, spec: Any, scene: ModelSource) -> None:
    """Add a scene to a robot's MjSpec; keyframes of the robot begin with its bodies where the scene has them.

    Args:
        mujoco: the module.
        spec: the robot's.
        scene: an MJCF of bodies and geoms; it needs no other file.

    Raises:
        RobotError: it is something else, or cannot be read.
    """
    root = read_xml(scene)
    files = [one for one in root.iter() if one.tag == "include" or "file" in one.attrib]
    if root.tag != "mujoco" or files:
        what = f"it names a file in <{shortened(files[0].tag)}>" if files else f"its root is <{root.tag}>"
        raise RobotError(f"{scene}: scene: {what}; allowed: an MJCF of MuJoCo's own shapes, without files")
    try:
        found = mujoco.MjSpec.from_string(ET.tostring(root, encoding="unicode"))
    except ValueError as error:
        raise RobotError(f"{scene}: scene: MuJoCo cannot read it: {shortened(error)}") from error
    for kind in ("bodies", "geoms", "sites", "joints"):
        for number, one in enumerate(getattr(found, kind)):
            one.name = one.name or f"{kind} {number}"
    spec.attach(found, prefix=SCENE, frame=spec.worldbody.add_frame())


def object_bodies(mujoco: Any, model: Any) -> dict[str, int]:
    """Name, as in the scene -> number of each body that moves freely; a robot's own base is held."""
    free = int(mujoco.mjtJoint.mjJNT_FREE)
    bodies = [int(model.jnt_bodyid[j]) for j in range(model.njnt) if int(model.jnt_type[j]) == free]
    return {str(model.body(body).name).removeprefix(SCENE): body for body in bodies}
