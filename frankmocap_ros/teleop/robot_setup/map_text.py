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

"""A proposed map as a commented YAML file."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from frankmocap_ros.teleop.robot_map.robot_map import DEFAULT_ACCELERATION
from frankmocap_ros.teleop.robot_setup.apart import MINIMUM_M
from frankmocap_ros.teleop.robot_setup.grippers import ProposedGripper
from frankmocap_ros.teleop.robot_setup.limb_points import Point
from frankmocap_ros.teleop.robot_setup.proposal import Proposal
from frankmocap_ros.teleop.robot_setup.standing import HUMANOID, TABLE
from frankmocap_ros.teleop.robot_setup.targets import ProposedTarget

_UNKNOWN_SPEED: Final = {TABLE: 1.5, HUMANOID: 3.0}  # [rad/s]; slow, for joints of which nothing is said
_WIDTH: Final = 108
_IDENTITY: Final = (0.0, 0.0, 0.0, 1.0)
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-.")


def map_text(found: Proposal, written_to: Path) -> str:
    """The map's text.

    Args:
        found: what it says.
        written_to: where it will be, which its model is relative to.
    """
    lines = [
        "# Written by `frankmocap_ros robot-map init`; correct it, then try `frankmocap_ros robot-map check`."
    ]
    lines += [f"# To look at: {note}." for note in found.notes]
    lines += ["", f"model: {_name(_relative(found.model, written_to))}"]
    if found.base_xyzw != _IDENTITY:
        lines += ["", "# The robot's own front is not +x: its base in the frame of the commands."]
        lines += [f"base: {{rotation: {_numbers(found.base_xyzw)}}}"]
    if found.kind == TABLE:
        lines += ["", "# Follows motions only, in meters times motion_scale; stays above its base."]
        lines += ["table_arm: true"]
    lines += ["", "# The posture to begin with and to prefer [rad] or [m]; other joints are at 0."]
    if found.keyframe:
        lines += [f"keyframe: {_name(found.keyframe)}"]
    else:
        lines += _wrapped("home: {", _pairs(found.home), "}")
    lines += [
        "",
        "# What is commanded, in the order of the trajectory; all other joints stay where they are.",
    ]
    lines += _wrapped("joints: [", [_name(joint) for joint in found.joints], "]")
    lines += ["", *_speeds(found), "", *_accelerations(found)]
    lines += ["", "# Which part of the robot follows which joint of the operator; rotation is the part's"]
    lines += ["# orientation while the operator's arms are stretched to the sides.", "targets:"]
    for target in found.targets:
        lines += _target(target)
    if found.grippers:
        lines += ["", "# What opens and shuts as the hand on that side [rad] or [m]."]
        lines += ["grippers:", *(_gripper(gripper) for gripper in found.grippers)]
    lines += ["", "# Weights: of the home posture, and of rest. Raise what sways or turns over."]
    lines += ["posture_costs: {default: 0.3}", "damping: 2.0", ""]
    if found.pairs:
        lines += ["# Bodies that are apart at home and stay so [m]."]
        lines += ["self_collision:", f"  minimum_distance: {MINIMUM_M:g}", "  pairs:"]
        lines += [f"    - [{_name(a)}, {_name(b)}]" for a, b in found.pairs]
    return "\n".join(lines).rstrip() + "\n"


def _speeds(found: Proposal) -> list[str]:
    default = _UNKNOWN_SPEED[found.kind]
    if found.speeds:
        silent = len(found.joints) - len(found.speeds)
        lines = ["# As the URDF states them [rad/s] or [m/s]."]
        values = ({"default": default} if silent else {}) | found.speeds
    else:
        lines = ["# The model does not say how fast its joints may be [rad/s]: take it from the data sheet."]
        values = {"default": default}
    return [*lines, *_wrapped("velocity_limits: {", _pairs(values), "}")]


def _accelerations(found: Proposal) -> list[str]:
    if not found.accelerations:
        return [
            "# The model does not say how strong its motors are [rad/s^2]; higher values lag less.",
            f"acceleration_limits: {{default: {DEFAULT_ACCELERATION:g}}}",
        ]
    lines = ["# Half of what its motors can do beside gravity, by the model's torques and masses [rad/s^2]."]
    silent = len(found.joints) - len(found.accelerations)
    (most, _) = Counter(found.accelerations.values()).most_common(1)[0]
    default = DEFAULT_ACCELERATION if silent else most
    others = {name: value for name, value in found.accelerations.items() if value != default}
    return [*lines, *_wrapped("acceleration_limits: {", _pairs({"default": default} | others), "}")]


def _target(target: ProposedTarget) -> list[str]:
    """A target in three lines."""
    where = f"{target.part.kind}: {_name(target.part.name)}"
    if any(target.part.offset):
        where += f", offset: {_numbers(target.part.offset)}"
    lines = [f"  {target.name}:", f"    {{joint: {target.joint}, origin: {target.origin}, {where},"]
    if target.robot_origin is not None:
        chain = [_point(point) for point in target.chain[:-1]] + [_name(target.chain[-1].name)]
        lines += [f"     robot_origin: {_point(target.robot_origin)}, chain: [{', '.join(chain)}],"]
    if target.rotation_xyzw is not None:
        lines += [f"     rotation: {_numbers(target.rotation_xyzw)},"]
    position, orientation = target.costs
    return [*lines, f"     position_cost: {position}, orientation_cost: {orientation}}}"]


def _gripper(gripper: ProposedGripper) -> str:
    joints = ", ".join(_name(joint) for joint in gripper.joints)
    values = zip(("open", "shut", "max_speed"), (gripper.open, gripper.shut, gripper.max_speed), strict=True)
    numbers = [
        f"{key}: {of_each[0]:g}" if len(set(of_each)) == 1 else f"{key}: {_numbers(of_each)}"
        for key, of_each in values
    ]
    return f"  {gripper.side}: {{joints: [{joints}], {', '.join(numbers)}}}"


def _point(point: Point) -> str:
    if any(point.offset):
        return f"{{body: {_name(point.name)}, offset: {_numbers(point.offset)}}}"
    return _name(point.name)


def _name(name: str) -> str:
    """A name as YAML; in quotes where it could be read as something else."""
    plain = bool(name) and set(name) <= _PLAIN and name[0].isalpha()
    if plain and name.lower() not in ("true", "false", "yes", "no", "on", "off", "null", "y", "n"):
        return name
    return "'" + name.replace("'", "''") + "'"


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"


def _pairs(values: Mapping[str, float]) -> list[str]:
    return [f"{_name(name)}: {value:g}" for name, value in values.items()]


def _wrapped(before: str, items: Sequence[str], after: str) -> list[str]:
    """A list of YAML over as many lines as it needs."""
    lines, line = [], before
    for i, item in enumerate(items):
        last = i == len(items) - 1
        piece = item + (after if last else ", ")
        if len(line) + len(piece) > _WIDTH and line != before:
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return [*lines, line if items else before + after]


def _relative(model: Path, written_to: Path) -> str:
    """The model, as seen from the map where it is not far away."""
    absolute = model.expanduser().absolute()
    near = os.path.relpath(absolute, written_to.absolute().parent)
    return str(absolute) if near.startswith(os.path.join("..", "..", "..")) else near
