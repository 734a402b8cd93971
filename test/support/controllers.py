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

"""What controllers that people have accept, as their documentation says; each says why it refuses a message.

- joint_trajectory_controller of ros2_controllers: doc/trajectory.rst, doc/parameters.rst (with the defaults
  there), and the messages with which it refuses.
- forward_command_controller, position_controllers, velocity_controllers: ``~/commands``, one number for each
  joint in the order of the parameter ``joints``.
- MoveIt Servo: servo_parameters.yaml, with ``command_in_type`` and ``incoming_command_timeout``.
"""

import math
from dataclasses import dataclass, field

from support.peer import nanoseconds

_FLOAT_EPSILON = 1.1920929e-07


@dataclass
class TrajectoryController:
    """A joint_trajectory_controller.

    Attributes:
        joints: its parameter.
        allow_nonzero_velocity_at_trajectory_end, allow_partial_joints_goal: its parameters.
    """

    joints: tuple[str, ...]
    allow_nonzero_velocity_at_trajectory_end: bool = False
    allow_partial_joints_goal: bool = False

    def refusal(self, msg, now_ns: int) -> str:
        if not msg.joint_names or not msg.points:
            return "empty trajectory"
        return self._bad_names(list(msg.joint_names)) or self._bad_end(msg, now_ns) or _bad_points(msg)

    def _bad_names(self, names: list[str]) -> str:
        if set(names) - set(self.joints) or len(set(names)) != len(names):
            return f"joints {names} do not match the controller's"
        if not self.allow_partial_joints_goal and len(names) != len(self.joints):
            return f"only {names} of {self.joints}"
        return ""

    def _bad_end(self, msg, now_ns: int) -> str:
        last = msg.points[-1]
        moving = [v for v in last.velocities if abs(v) > _FLOAT_EPSILON]
        if moving and not self.allow_nonzero_velocity_at_trajectory_end:
            return f"moves at its end: {moving}"
        start_ns = nanoseconds(msg.header.stamp)
        late_ns = now_ns - start_ns - _duration_ns(last.time_from_start)
        return f"ended {1e-9 * late_ns:.3f} s ago" if start_ns and late_ns > 0 else ""


@dataclass
class ForwardController:
    """A forward_command_controller, or a group controller of positions or velocities.

    Attributes:
        joints: its parameter.
        command: what its hardware gets, from now on and for ever; empty before the first.
    """

    joints: tuple[str, ...]
    command: tuple[float, ...] = field(default=())

    def refusal(self, msg) -> str:
        if len(msg.data) != len(self.joints):
            return f"{len(msg.data)} numbers for {len(self.joints)} joints"
        if not all(map(math.isfinite, msg.data)):
            return "not finite"
        self.command = tuple(msg.data)
        return ""


@dataclass
class Servo:
    """MoveIt Servo's twist commands.

    Attributes:
        frames: that it knows.
        command_in_type: ``speed_units`` [m/s], [rad/s] or ``unitless`` [-1..1].
        incoming_command_timeout: [s].
    """

    frames: tuple[str, ...]
    command_in_type: str = "speed_units"
    incoming_command_timeout: float = 0.1

    def refusal(self, msg, now_ns: int) -> str:
        if msg.header.frame_id not in self.frames:
            return f"frame {msg.header.frame_id!r} is unknown"
        age_s = 1e-9 * (now_ns - nanoseconds(msg.header.stamp))
        if age_s >= self.incoming_command_timeout:
            return f"stale: {age_s:.3f} s old"
        numbers = twist_of(msg)
        if not all(map(math.isfinite, numbers)):
            return "not finite"
        if self.command_in_type == "unitless" and max(map(abs, numbers)) > 1.0:
            return "a component is above 1"
        return ""


def _bad_points(msg) -> str:
    before_ns, count = -1, len(msg.joint_names)
    for point in msg.points:
        if _duration_ns(point.time_from_start) <= before_ns:
            return "time between points is not strictly increasing"
        before_ns = _duration_ns(point.time_from_start)
        sizes = len(point.velocities), len(point.accelerations)
        if len(point.positions) != count or not set(sizes) <= {0, count} or len(point.effort):
            return f"{len(point.positions)} positions, {sizes} rates, {len(point.effort)} efforts"
        if not all(map(math.isfinite, (*point.positions, *point.velocities))):
            return "not finite"
    return ""


def twist_of(msg) -> tuple[float, ...]:
    """Linear and angular velocity [m/s], [rad/s]."""
    v, w = msg.twist.linear, msg.twist.angular
    return v.x, v.y, v.z, w.x, w.y, w.z


def _duration_ns(duration) -> int:
    return int(duration.sec) * 10**9 + int(duration.nanosec)
