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

"""What a joint_trajectory_controller of ros2_controllers accepts, from the parameters it documents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from frankmocap_ros.ros.gate.checks.finding import Finding, warning
from frankmocap_ros.settings.gate import GateSettings

_TYPES: Final[Mapping[str, type]] = {
    "joints": list,
    "command_interfaces": list,
    "cmd_timeout": float,
    "interpolate_from_desired_state": bool,
    "open_loop_control": bool,  # its name until Jazzy
    "allow_partial_joints_goal": bool,
    "allow_nonzero_velocity_at_trajectory_end": bool,
    "constraints.goal_time": float,
}
_TELLING: Final = ("joints", "command_interfaces", "allow_partial_joints_goal")
_MAX_LISTED: Final = 6


def is_wanted(name: str) -> bool:
    """Whether the rules below look at a parameter of this name."""
    return name in _TYPES or _of_joint(name, "constraints.", ".trajectory") or _of_joint(name, "gains.", ".p")


def is_one(parameters: Mapping[str, Any]) -> bool:
    """Whether a node with these parameters is such a controller."""
    return all(isinstance(parameters.get(name), _TYPES[name]) for name in _TELLING)


def findings(
    node: str, parameters: Mapping[str, Any], joints: Sequence[str], config: GateSettings
) -> Iterable[Finding]:
    """What keeps a controller from following, or from following well.

    Args:
        node: its full name.
        parameters: values by name, as far as it has them.
        joints: that the gate's trajectories for it name.
        config: settings of the gate.
    """
    # another node may have parameters of these names that are something else
    parameters = {n: v for n, v in parameters.items() if isinstance(v, _TYPES.get(n, float))}
    yield from _joints(node, parameters, joints)
    yield from _interfaces(node, parameters, joints)
    if config.trajectory_velocities and parameters.get("allow_nonzero_velocity_at_trajectory_end") is False:
        yield Finding(
            f"{node} rejects every point that moves: allow_nonzero_velocity_at_trajectory_end is false and "
            "the gate's trajectory_velocities is true; change one of the two"
        )
    yield from _streaming(node, parameters, config)


def _joints(node: str, parameters: Mapping[str, Any], joints: Sequence[str]) -> Iterable[Finding]:
    theirs = parameters.get("joints") or ()
    unknown = [name for name in joints if name not in theirs]
    lacking = [name for name in theirs if name not in joints]
    if parameters.get("allow_partial_joints_goal"):
        lacking = []
    said = []
    if unknown:
        said.append(f"it has no {_some(unknown)}")
    if lacking:
        said.append(f"commands lack its {_some(lacking)}")
    if said:
        yield Finding(
            f"{node} rejects the gate's trajectories: {', and '.join(said)}; its joints are {_some(theirs)}: "
            "name the same in joints: or controllers: of the robot's map, or change the controller's joints"
        )


def _interfaces(node: str, parameters: Mapping[str, Any], joints: Sequence[str]) -> Iterable[Finding]:
    """Velocities and efforts come from the error of position, by gains that are 0 unless they are set."""
    interfaces = parameters.get("command_interfaces") or ()
    if not interfaces or "position" in interfaces:
        return
    loose = [name for name in joints if parameters.get(f"gains.{name}.p") == 0.0]
    if loose:
        yield Finding(
            f"{node} commands {', '.join(interfaces)}, and does not go to positions: gains.<joint>.p is 0 "
            f"for {_some(loose)}; set gains, or use the position interface"
        )


def _streaming(node: str, parameters: Mapping[str, Any], config: GateSettings) -> Iterable[Finding]:
    timeout_s, goal_s = parameters.get("cmd_timeout"), parameters.get("constraints.goal_time", 0.0)
    if timeout_s is not None and timeout_s <= goal_s:
        why = "0" if timeout_s == 0.0 else f"not above constraints.goal_time ({goal_s:g} s), so it is ignored"
        yield warning(
            f"{node} never times out: when commands end it goes to the last point and stays (cmd_timeout is "
            f"{why}); set cmd_timeout to 0.2 or so where it is to stop by itself"
        )
    known = [
        parameters[n] for n in ("interpolate_from_desired_state", "open_loop_control") if n in parameters
    ]
    if known and not any(known):
        yield warning(
            f"{node} begins each point from the measured state and lags: interpolate_from_desired_state is "
            "false; set it to true for commands that come as a stream"
        )
    tight = {
        name.removeprefix("constraints.").removesuffix(".trajectory"): value
        for name, value in parameters.items()
        if _of_joint(name, "constraints.", ".trajectory") and 0.0 < value < config.max_tracking_error
    }
    if tight:
        yield warning(
            f"{node} holds its position before the gate waits for it: constraints.<joint>.trajectory of "
            f"{_some(tight)} is {min(tight.values()):g}, below max_tracking_error "
            f"({config.max_tracking_error:g}); lower max_tracking_error, or raise the constraint"
        )


def _of_joint(name: str, before: str, after: str) -> bool:
    """Whether a parameter is one of those that each joint has."""
    return name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)


def _some(names: Iterable[str]) -> str:
    """``a, b``; the first ones of many."""
    names = list(names)
    return ", ".join(names[:_MAX_LISTED]) + (", ..." if len(names) > _MAX_LISTED else "")
