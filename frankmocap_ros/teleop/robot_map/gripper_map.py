"""Which grippers and hands a robot has, and what moves them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class GripperMap:
    """One gripper that follows one hand of the operator.

    Attributes:
        side: ``left`` or ``right``, of the operator, before mirroring.
        joints: of the robot's model; joints that only mimic these are not named.
        open, shut: position of each joint where the gripper is open and shut [rad] or [m].
        max_speed: of each joint [rad/s] or [m/s].
        max_effort: that an action's goal may use [Nm] or [N]; infinite for the controller's own.
        output: ``trajectory``: its joints are part of ``~/joint_trajectory`` or of the map's controllers;
            ``action``: a goal of its own for ``topic``.
        topic: name of the action; empty without one.
    """

    side: str
    joints: tuple[str, ...]
    open: tuple[float, ...]
    shut: tuple[float, ...]
    max_speed: tuple[float, ...]
    max_effort: float = math.inf
    output: str = "trajectory"
    topic: str = ""
