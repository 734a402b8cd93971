"""A robot in MuJoCo, driven as its own controller would drive it. Nothing here reads a clock."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot.joints import joint_name
from frankmocap_ros.teleop.robot.robot_map import RobotMap
from frankmocap_ros.teleop.simulation.joint_command import JointCommand
from frankmocap_ros.teleop.simulation.joint_servo import JointServo
from frankmocap_ros.teleop.simulation.sim_model import STEP_S, load_robot
from frankmocap_ros.teleop.simulation.trajectory_servo import TrajectoryServo

MAX_CATCH_UP_S: Final = 0.1
"""After a longer delay the simulation goes on from now, and time is lost."""
_RANGE_SLACK: Final = 1e-3  # [rad] or [m]; a joint's end stop gives way a little
_SPEED_SLACK: Final = 1.1
_TIME_ROUNDING_S: Final = 1e-6


class Simulation:
    """A robot that starts in its home posture, holds there, and follows commands.

    Its controller owns the joints that the map has commanded; of a model alone all that have an actuator, in
    the order of the actuators. Other joints hold at home, if an actuator drives them. For one thread.

    Attributes:
        model: the MjModel; look, do not change.
        data: the MjData; the same.
        joint_names: of the J joints that its controller owns.
        told_names: of all joints, those that it owns first.
        notes: what was left out of the model, in words.
        limits: range and speed of each joint.
        limit_violations: steps in which a joint was out of its range or over its speed.

    Args:
        robot: its map; or a model alone, as a MJCF file with position actuators, whose joints have the speed
            ``DEFAULT_SPEED`` each.
        command_timeout_s: without a command younger than this the robot stops where it is [s]; None for a
            ``TrajectoryServo``, which goes to the last one and asks few questions.
        time_s: now [s].

    Raises:
        RobotError: the model is missing, broken, or not what can be simulated.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(
        self, robot: RobotMap | str | Path, command_timeout_s: float | None = 0.25, time_s: float = 0.0
    ) -> None:
        loaded = load_robot(robot)
        self._mujoco, self.model, self.data = loaded.mujoco, loaded.model, loaded.data
        self.limits, self.joint_names = loaded.limits, loaded.limits.names
        self.notes = loaded.notes
        self._qpos = self.model.jnt_qposadr[loaded.joints]
        self._dof = self.model.jnt_dofadr[loaded.joints]
        told = np.concatenate([loaded.joints, loaded.others])
        self.told_names = tuple(joint_name(self.model, j) for j in told.tolist())
        self._told = self.model.jnt_qposadr[told], self.model.jnt_dofadr[told]
        self._actuators = loaded.actuators
        # a position actuator brakes as if the joint had to stand still: so much further ahead it must aim
        gains = self.model.actuator_gainprm[loaded.actuators], self.model.actuator_biasprm[loaded.actuators]
        kp, kv = gains[0][:, 0], -gains[1][:, 2]
        self._lead_s = (kv + self.model.dof_damping[self._dof]) / kp
        self._substeps = round(STEP_S / self.model.opt.timestep)
        self._low, self._high = self.limits.low - _RANGE_SLACK, self.limits.high + _RANGE_SLACK
        self._fast = _SPEED_SLACK * self.limits.speed
        self._now = self.positions
        self._servo = (
            TrajectoryServo(self.limits, self._now)
            if command_timeout_s is None
            else JointServo(self.limits, self._now, command_timeout_s)
        )
        self._time_s = time_s
        self.limit_violations = 0

    @property
    def positions(self) -> Array:
        """Where the joints are, shape (J,) [rad] or [m]."""
        return np.asarray(self.data.qpos[self._qpos])  # a copy, as the index is an array

    @property
    def velocities(self) -> Array:
        """How fast they are, shape (J,) [1/s]."""
        return np.asarray(self.data.qvel[self._dof])

    def told(self) -> tuple[Array, Array]:
        """Positions and velocities of all joints, in the order of ``told_names``."""
        positions, velocities = self._told
        return np.asarray(self.data.qpos[positions]), np.asarray(self.data.qvel[velocities])

    @property
    def targets(self) -> Array:
        """Where they are to be now, shape (J,)."""
        return np.array(self._servo.target)

    @property
    def stopped(self) -> bool:
        """Whether it holds still, for want of commands."""
        return self._servo.stopped

    @property
    def accepted(self) -> int:
        """How many commands were taken."""
        return self._servo.accepted

    @property
    def refused(self) -> dict[str, int]:
        """How many commands were refused, by reason."""
        return self._servo.refused.counts()

    @property
    def simulated_s(self) -> float:
        """How much time was simulated [s]; less than has passed where it could not keep up."""
        return float(self.data.time)

    def site_positions(self, names: Sequence[str]) -> Array:
        """Where sites of the model are now, shape (N, 3), in the model's world [m].

        Raises:
            RobotError: the model has no such site.
        """
        ids = [self._mujoco.mj_name2id(self.model, self._mujoco.mjtObj.mjOBJ_SITE, name) for name in names]
        if -1 in ids:
            known = ", ".join(self.model.site(i).name for i in range(self.model.nsite))
            raise RobotError(f"the robot has no site {names[ids.index(-1)]}; known: {known or 'none'}")
        self._mujoco.mj_kinematics(self.model, self.data)  # a step leaves them as they were before it
        return np.asarray(self.data.site_xpos[ids])

    def command(
        self,
        joint_names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float] | None,
        valid_s: float,
        from_start_s: float = 0.0,
    ) -> str:
        """Take a command, or return why it is refused; a refused one changes nothing.

        Call ``advance`` to the present first: ages are taken from there.

        Args:
            joint_names: every joint that the controller owns once, in any order, and no other.
            positions: one a joint [rad] or [m].
            velocities: one a joint [1/s], to be had at those positions, or None for none.
            valid_s: its stamp: what time it is for [s].
            from_start_s: how long after it the joints are to be there, for a ``TrajectoryServo`` [s].
        """
        command = JointCommand(joint_names, positions, velocities, valid_s, from_start_s)
        return self._servo.command(command, self.positions, self._time_s)

    def advance(self, time_s: float) -> None:
        """Step up to a time; of what is more than ``MAX_CATCH_UP_S`` ahead only the last part.

        Raises:
            RobotError: the simulation exploded.
        """
        self._time_s = max(self._time_s, time_s - MAX_CATCH_UP_S)
        while self._time_s + STEP_S <= time_s + _TIME_ROUNDING_S:
            self._time_s += STEP_S
            self._step()

    def _step(self) -> None:
        servo, data = self._servo, self.data
        servo.tick(self._time_s, STEP_S, self._now)
        ahead = servo.target + self._lead_s * servo.velocity
        data.ctrl[self._actuators] = np.clip(ahead, self.limits.low, self.limits.high)
        self._mujoco.mj_step(self.model, data, self._substeps)
        self._now = positions = self.positions
        velocities = self.velocities
        if not (np.isfinite(positions).all() and np.isfinite(velocities).all()):
            raise RobotError(
                "the simulation exploded: the model's gains are too high for its masses or its timestep"
            )
        violated = (positions < self._low) | (positions > self._high) | (np.abs(velocities) > self._fast)
        self.limit_violations += bool(violated.any())
