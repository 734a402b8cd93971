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

"""An arm that carries one of the project's hands, and maps in which its fingers follow the operator's."""

import xml.etree.ElementTree as ET

import yaml

from support.paths import DATA

HANDS = DATA / "hands"
TIPS = {
    "five_finger": {f: f"{f}_tip" for f in ("thumb", "index", "middle", "ring", "pinky")},
    "three_finger": {"thumb": "thumb_tip", "index": "first_tip", "middle": "second_tip"},
}
_LINK = """<link name="{name}"><inertial><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0"
ixz="0" iyz="0"/></inertial></link>"""
_JOINT = """<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>
<origin xyz="{xyz}"/><axis xyz="{axis}"/><limit lower="-2.5" upper="2.5" effort="50" velocity="3"/></joint>"""
_ARM = (  # name, axis, where it is in the link before
    ("pan", "0 0 1", "0 0 1.2"), ("lift", "0 1 0", "0 0 0"), ("roll", "1 0 0", "0.15 0 0"),
    ("elbow", "0 1 0", "0.15 0 0"), ("wrist", "1 0 0", "0.15 0 0"),
)  # fmt: skip
ARM = tuple(name for name, _, _ in _ARM)


def arm_with(hand, prefix=""):
    """The URDF of an arm with a hand at its end, whose links and joints have names with a prefix."""
    arm = ET.fromstring(f"<robot name='arm'>{_LINK.format(name='base')}</robot>")
    parent = "base"
    for name, axis, xyz in (*_ARM, ("flange", "1 0 0", "0.15 0 0")):
        kind, child = "fixed" if name == "flange" else "revolute", f"{name}_link"
        if name == "flange":
            child = f"{prefix}palm"
        else:
            arm.append(ET.fromstring(_LINK.format(name=child)))
        arm.append(
            ET.fromstring(_JOINT.format(name=name, kind=kind, parent=parent, child=child, xyz=xyz, axis=axis))
        )
        parent = child
    for element in ET.parse(HANDS / f"{hand}.urdf").getroot():
        for part in element.iter():
            for key in ("name", "link", "joint"):
                if key in part.attrib:
                    part.set(key, prefix + part.get(key))
        arm.append(element)
    return ET.tostring(arm, encoding="unicode")


def write_map(folder, hand="five_finger", method="ik", prefix="", **changes):
    """Write an arm with a hand and its map into a folder; gives the map's path."""
    (folder / "arm.urdf").write_text(arm_with(hand, prefix), encoding="utf-8")
    if method == "ik":
        tips = {finger: prefix + tip for finger, tip in TIPS[hand].items()}
        fingers = {"method": "ik", "wrist": f"{prefix}palm", "tips": tips}
    else:
        fingers = {"method": method, "configuration": str(HANDS / f"{hand}_{method}.yml")}
        if prefix:
            fingers["prefix"] = prefix
    values = {
        "model": "arm.urdf",
        "home": {"lift": 0.3, "elbow": 0.9},
        "velocity_limits": {"default": 3.0},
        "acceleration_limits": {"default": 30.0},
        "table_arm": True,
        "targets": {"right_wrist": {"joint": "right_wrist", "body": f"{prefix}palm"}},
        "hands": {"right": {**fingers, **changes}},
    }
    path = folder / "map.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return str(path)
