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

"""The URDF of a person: the hinges of ``export/rep155_model.py`` at the person's own sizes."""

import math
import xml.etree.ElementTree as ET

from frankmocap_ros.export.rep155_model import HUMAN, ROOT
from frankmocap_ros.geometry.rotation import Array

_BONE_RADIUS_M = 0.03
_SHORTEST_BONE_M = 0.02
LIMB_COLORS_RGBA = {
    "torso": "0.55 0.6 0.68 1",
    "head": "0.9 0.76 0.55 1",
    "left_arm": "0.95 0.55 0.15 1",
    "right_arm": "0.2 0.6 0.9 1",
    "left_leg": "0.75 0.38 0.1 1",
    "right_leg": "0.12 0.4 0.7 1",
}
"""Warm on the person's left, cool on the right; a link without a material is red in RViz."""
_LEG_JOINTS = frozenset(("hip", "knee", "ankle", "foot"))


def human_urdf(body_id: str, sizes: Array) -> str:
    """A model of a person whose root is the frame ``body_<id>``.

    Every link and joint has ``_<id>`` behind its name (REP 155), so that several people fit in one TF tree.

    Args:
        body_id: letters, digits and underscores.
        sizes: shape (P, 3), where each part of ``HUMAN`` is on its parent's link [m].
    """
    robot = ET.Element("robot", name=f"{ROOT}_{body_id}")
    for limb, rgba in LIMB_COLORS_RGBA.items():
        ET.SubElement(ET.SubElement(robot, "material", name=limb), "color", rgba=rgba)
    links = {ROOT: ET.SubElement(robot, "link", name=f"{ROOT}_{body_id}")}
    for part, size in zip(HUMAN, sizes.tolist(), strict=True):
        _draw_bone(links[part.parent], size, _limb(part.joint))
        parent, origin = part.parent, size
        for hinge in part.hinges:
            joint = _joint(robot, f"{hinge.name}_{body_id}", "revolute", origin)
            ET.SubElement(joint, "parent", link=f"{parent}_{body_id}")
            ET.SubElement(joint, "child", link=f"{hinge.link}_{body_id}")
            ET.SubElement(joint, "axis", xyz=_numbers(hinge.axis))
            limit = f"{math.pi:.6f}"
            ET.SubElement(joint, "limit", lower=f"-{limit}", upper=limit, effort="0", velocity="100")
            links[hinge.link] = ET.SubElement(robot, "link", name=f"{hinge.link}_{body_id}")
            parent, origin = hinge.link, [0.0, 0.0, 0.0]
        if not part.hinges:
            joint = _joint(robot, f"{part.link}_{body_id}", "fixed", origin)
            ET.SubElement(joint, "parent", link=f"{parent}_{body_id}")
            ET.SubElement(joint, "child", link=f"{part.link}_{body_id}")
            links[part.link] = ET.SubElement(robot, "link", name=f"{part.link}_{body_id}")
    return ET.tostring(robot, encoding="unicode")


def _numbers(values: tuple[int, ...] | list[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _joint(robot: ET.Element, name: str, kind: str, xyz: list[float]) -> ET.Element:
    joint = ET.SubElement(robot, "joint", name=name, type=kind)
    ET.SubElement(joint, "origin", xyz=_numbers(xyz), rpy="0 0 0")
    return joint


def _limb(joint: str) -> str:
    """The limb that ends in a joint of SMPL's, or passes through it."""
    side, _, part = joint.partition("_")
    if not part:
        return "torso" if joint.startswith("spine") else "head"
    return f"{side}_leg" if part in _LEG_JOINTS else f"{side}_arm"


def _draw_bone(link: ET.Element, end: list[float], limb: str) -> None:
    """A cylinder from a link's origin to one of its parts, in the color of its limb."""
    x, y, z = end
    length = math.hypot(x, y, z)
    if length < _SHORTEST_BONE_M:
        return
    visual = ET.SubElement(link, "visual")
    # Rz(yaw) Ry(pitch) turns the cylinder's z to the bone
    turn = [0.0, math.atan2(math.hypot(x, y), z), math.atan2(y, x)]
    ET.SubElement(visual, "origin", xyz=_numbers([x / 2, y / 2, z / 2]), rpy=_numbers(turn))
    geometry = ET.SubElement(visual, "geometry")
    ET.SubElement(geometry, "cylinder", radius=f"{_BONE_RADIUS_M}", length=f"{length:.6g}")
    ET.SubElement(visual, "material", name=limb)
