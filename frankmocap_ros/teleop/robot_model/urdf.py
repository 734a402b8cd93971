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

"""A URDF made to load in MuJoCo: files named for it, fixed links kept, its base held, mimics apart."""

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource, folder_of
from frankmocap_ros.teleop.robot_model.resources import Resources, Shapes

_READ: Final = ("link", "joint", "material", "mujoco")
_RANGED: Final = ("revolute", "prismatic")
_LEAST_RANGE: Final = 1e-6  # [rad] or [m]: MuJoCo takes a range without extent for none at all


@dataclass(frozen=True)
class Mimic:
    """A joint that goes along with another one: multiplier * leader + offset.

    Attributes:
        joint, leader: names.
        multiplier, offset: [rad] or [m].
    """

    joint: str
    leader: str
    multiplier: float
    offset: float


@dataclass(frozen=True)
class PreparedUrdf:
    """What MuJoCo does not read in a URDF that was made to load.

    Attributes:
        lost: link -> mesh that is left out of its collision geometry, and why.
        mimics: the mimic joints.
        notes: what somebody may miss, in words.
    """

    lost: dict[str, str]
    mimics: tuple[Mimic, ...]
    notes: tuple[str, ...]


def prepare_urdf(root: ET.Element, resources: Resources, shapes: Shapes) -> PreparedUrdf:
    """Change a URDF so that MuJoCo can load it from memory.

    Args:
        root: of the file; is changed.
        resources: the files that MuJoCo gets.
        shapes: which meshes it gets.

    Raises:
        RobotError: a mimic joint is wrong.
    """
    for child in [c for c in root if c.tag not in _READ]:
        root.remove(child)
    for parent in list(root.iter()):
        for texture in parent.findall("texture"):
            parent.remove(texture)
    extension = root.find("mujoco")
    if extension is None:
        extension = ET.SubElement(root, "mujoco")
    compiler = extension.find("compiler")
    if compiler is None:
        compiler = ET.SubElement(extension, "compiler")
    folder = folder_of(resources.near) / compiler.attrib.pop("meshdir", "")
    compiler.attrib |= {
        "strippath": "false",
        "fusestatic": "false",  # a map may name any link
        "discardvisual": "false" if shapes in (Shapes.ALL, Shapes.SIMPLE) else "true",
    }
    mimics, still = [], []
    for joint in root.findall("joint"):
        if joint.get("type") == "floating":
            joint.set("type", "fixed")
        for limit in joint.findall("limit") if joint.get("type") == "continuous" else ():
            for end in ("lower", "upper"):  # some exporters write 0 and 0
                limit.attrib.pop(end, None)
        for mimic in joint.findall("mimic"):
            mimics.append(_mimic(resources.near, joint.get("name", ""), mimic))
            joint.remove(mimic)
        is_free = joint.get("name") not in {mimic.joint for mimic in mimics}
        if is_free and joint.get("type") in _RANGED and _held_without_range(joint):
            still.append(joint.get("name", ""))
    notes = []
    if still:
        notes.append(
            f"{resources.near}: without a range, so they stay where they are: {', '.join(still)}; give each "
            "a limit with lower below upper, or the type continuous"
        )
    return PreparedUrdf(_name_meshes(root, resources, folder, shapes), tuple(mimics), tuple(notes))


def _held_without_range(joint: ET.Element) -> bool:
    """Hold a joint whose range has no extent, as a URDF means it; MuJoCo would let it turn without end."""
    limit = joint.find("limit")
    if limit is None:
        limit = ET.SubElement(joint, "limit")
    try:
        lower, upper = (float(limit.get(end, "0")) for end in ("lower", "upper"))
    except ValueError:
        return False  # MuJoCo says what is wrong
    if lower != upper:
        return False
    limit.attrib |= {"lower": str(lower), "upper": str(lower + _LEAST_RANGE)}
    return True


def _mimic(path: ModelSource, name: str, element: ET.Element) -> Mimic:
    numbers = []
    for attribute, default in (("multiplier", "1"), ("offset", "0")):
        try:
            numbers.append(float(element.get(attribute, default)))
        except ValueError:
            numbers.append(math.nan)
    if not all(map(math.isfinite, numbers)):
        raise RobotError(f"{path}: joint {name}: its mimic's multiplier and offset must be finite numbers")
    return Mimic(name, element.get("joint", ""), *numbers)


def _name_meshes(root: ET.Element, resources: Resources, folder: Path, shapes: Shapes) -> dict[str, str]:
    lost: dict[str, str] = {}
    for link in root.findall("link"):
        for shape in [c for c in link if c.tag in ("visual", "collision")]:
            mesh = shape.find("geometry/mesh")
            if mesh is None:
                continue
            solid = shape.tag == "collision"
            wanted = shapes is Shapes.ALL or (shapes is Shapes.SOLID and solid)
            uri = mesh.get("filename", "")
            name = resources.name(uri, folder, wanted)
            if name is not None:
                mesh.set("filename", name)
                continue
            link.remove(shape)
            if solid:
                lost.setdefault(link.get("name", ""), resources.told(uri))
    return lost
