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

"""Poses of an operator to postures of a robot: differential inverse kinematics, one step at a time.

A quadratic program asks for the step of the joints that brings the targets nearest to their commands, by
weight, with the joints in their ranges, below their speeds and accelerations, and the named parts apart
(MuJoCo's kinematics and distances, and the solver daqp). What is out of reach is brought
to the end of reach first, so that an arm points at it and rests.

Joints that have an acceleration go along with what moves, and come to what is off it as fast as they can be
braked there: otherwise they would swing over. Braking is always among what the program may ask for, so that
it always has a solution.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array, dot, quat_from_matrix
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.inverse_kinematics.clearance import Clearance
from frankmocap_ros.teleop.inverse_kinematics.ik_model import IkModel, load_model, packages
from frankmocap_ros.teleop.inverse_kinematics.ik_objective import IkObjective
from frankmocap_ros.teleop.inverse_kinematics.ik_program import nearest_step
from frankmocap_ros.teleop.inverse_kinematics.joint_motion import UNLIMITED, JointMotion
from frankmocap_ros.teleop.inverse_kinematics.step_search import StepPlan, StepSearch
from frankmocap_ros.teleop.operator_state import Target
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel

_MAIN: Final = 0.5  # of the highest cost of a target's position
_REACH: Final = 0.995  # of a limb's length: a straight arm has lost a direction
_OF_SPEED: Final = 0.85  # of a joint's limit: a servo that starts and stops swings over
_SPARE: Final = 0.01  # of a joint's range, at each end: a servo that stops there swings over
_NEARER: Final = 0.3  # of what is left between two parts, at most, in one step
_DAMPING: Final = 0.1  # of the joints, in the squared error (Levenberg-Marquardt)


def load_retargeter(robot: str, model: str | ReceivedModel = "", grips: bool = True) -> "Retargeter":
    """The retargeter of a robot.

    Args:
        robot: name of a robot of this package, or the YAML file of a map.
        model: the robot's model, as a file's name or received; empty for what the map says.
        grips: whether its grippers are commanded.

    Raises:
        RobotError: map or model are missing or wrong.
        MissingDependencyError: a package is not installed.
    """
    found = load_map(robot, model)
    return Retargeter(found if grips else found.without_grippers())


class Retargeter:
    """Finds postures of one robot. For one thread.

    Attributes:
        targets: what follows, in the order of every array of N poses here.
        joint_names: J joints that are commanded.
        observed: K other joints of which it counts where they are.
        notes: what was left out of the model, in words.
        table_arm: whether it follows motions only, and never aligns with the operator's posture.
        controllers: topic -> what the controller takes that listens there; empty for one of all joints.
        effort_limits: of the commanded joints that have one.
        home: shape (J,), the posture to begin with and to prefer.
        lower, upper: shape (J,), what the joints are moved within [rad] or [m]: a little less than their
            ranges. A robot that begins further out may stay there.
        max_speed: shape (J,), the highest speeds that are asked of the joints [1/s].
        max_acceleration: shape (J,), their highest accelerations [1/s^2].
        main: shape (N,), the targets whose positions count most.
        driven: joints that go to positions of their own beside all this; at speeds that leave servos as much
            as those of the other joints.
        grippers: what opens and shuts.
        joints_apart: driven joints that only a controller of their own takes.
        robot_map: the robot's map.
        ik_model: its model.

    Args:
        robot: the robot's map.
        model: what it names, where that is loaded already.
        at_will: whether the joints may accelerate as they like, as no real one does.

    Raises:
        RobotError: the model cannot be read, or has not what the map names.
        MissingDependencyError: a package is not installed.
    """

    def __init__(self, robot: RobotMap, model: IkModel | None = None, at_will: bool = False) -> None:
        self._mujoco, self._mink, self._daqp = packages()
        self.robot_map = robot
        self.ik_model = found = load_model(robot) if model is None else model
        self._model = found.model
        self.joint_names, self.observed, self.notes = found.joint_names, found.observed, found.notes
        self.table_arm, self.controllers = robot.table_arm, robot.controllers
        self.effort_limits = found.effort_limits
        self.home = found.home
        self._ends = found.lower, found.upper
        spare = _SPARE * (found.upper - found.lower)
        spare[~np.isfinite(spare)] = 0.0
        self.lower, self.upper = found.lower + spare, found.upper - spare
        self.max_speed = _OF_SPEED * found.max_speed
        self.max_acceleration = np.full(len(self.home), UNLIMITED) if at_will else found.max_acceleration
        self.driven = replace(found.driven, max_speed=_OF_SPEED * found.driven.max_speed)
        self.grippers, self.joints_apart = robot.grippers, robot.joints_apart
        self._motion = JointMotion(self.lower, self.upper, self.max_speed, self.max_acceleration)
        self._parts = [t.part for t in found.parts]
        self._origins = [t.origin for t in found.parts]
        self._rest = np.array([t.rotation_xyzw for t in robot.targets])
        self._space = found.space()
        self._now = self.home
        self._configuration = self._mink.Configuration(self._model, self._space.whole(self.home))
        self._home_costs = found.posture_costs
        self.prefer_home()
        costs = np.array([t.position_cost for t in robot.targets])
        self._placed = costs > 0.0
        self.main = self._placed & (costs >= _MAIN * costs.max())
        self.targets = tuple(
            Target(t.name, t.joint, t.origin, 0.0 if robot.table_arm else length, t.limits)
            for t, length in zip(robot.targets, found.lengths, strict=True)
        )
        self._reach = np.array([length * _REACH or np.inf for length in found.lengths])
        self._reaching = IkObjective(
            self._mujoco,
            self._configuration,
            self._parts,
            np.array([(t.position_cost, t.orientation_cost) for t in robot.targets]).T,
        )
        self._within = np.array((-np.inf, np.inf))[:, None]
        self._clearance = Clearance(self._mujoco, self._configuration, found.pairs, robot.minimum_distance_m)
        self._search = StepSearch(self._motion, self._clearance, self._put, self._off)

    @property
    def posture_names(self) -> tuple[str, ...]:
        """Names of the joints of a whole posture: those that are commanded here, then the driven ones."""
        return (*self.joint_names, *self.driven.names)

    @property
    def reach(self) -> Array:
        """How far the targets get from their origins, shape (N,) [m]; infinite where there is no chain."""
        return np.asarray(self._reach.copy())

    def poses(self, joints: Array) -> RobotPoses:
        """Where the targets are in a posture, in the base frame; what is being solved stays as it is.

        Args:
            joints: shape (J,) [rad] or [m]; a robot's own may be a little out of range.

        Raises:
            RetargetError: a joint is not finite.
        """
        self._put(_finite(joints))
        data = self._configuration.data
        found = RobotPoses(
            positions=np.array([part.position(data) for part in self._parts]),
            orientations=quat_from_matrix(np.array([part.matrix(data) for part in self._parts])),
            origins=self._origins_now(),
            rest=self._rest.copy(),
        )
        self._put(self._now)
        return found

    def gaps(self, joints: Array) -> Array:
        """Distances of the parts that are kept apart, in a posture, shape (P,) [m]; negative in each other.

        In the order of ``ik_model.pairs``. Of parts that are far enough apart it says only that they are: a
        little more than the map's ``minimum_distance_m``. What is being solved stays as it is.

        Args:
            joints: shape (J,) [rad] or [m].

        Raises:
            RetargetError: a joint is not finite.
        """
        self._put(_finite(joints))
        found = self._clearance.gaps()
        self._put(self._now)
        return found

    @property
    def joints(self) -> Array:
        """The last posture, shape (J,) [rad] or [m]."""
        return np.asarray(self._now.copy())

    def start(self, joints: Array) -> None:
        """Begin from a posture, at rest.

        Args:
            joints: shape (J,) [rad] or [m]; those out of range count as the nearest in it.

        Raises:
            RetargetError: a joint is not finite; nothing has begun.
        """
        now = np.clip(_finite(joints), *self._ends)
        self._put(now)
        self._now = now
        self.rest()
        self._search.begin()
        self.prefer_home()

    def rest(self) -> None:
        """Go on from the last posture at rest, whatever the joints did before it."""
        self._motion.rest()
        self._reaching.forget()

    def observe(self, joints: Array) -> None:
        """Take where the observed joints are.

        Args:
            joints: shape (K,) [rad] or [m]; NaN where nobody tells: such a joint counts as where it was told
                last, or as at home.

        Raises:
            RetargetError: the joints that follow others cannot be so.
        """
        if self._space.observe(joints):
            self._put(self._now)
            self._search.begin()

    def apart(self, joints: Array, others: Array) -> Array:
        """How far a posture is from another one, shape (J,); whole turns of endless joints do not count."""
        off = joints - others
        return np.asarray(off - math.tau * np.where(self.ik_model.turning, np.round(off / math.tau), 0.0))

    def home_near(self, joints: Array) -> Array:
        """The home posture that is nearest to a posture, whole turns of endless joints apart, shape (J,)."""
        return np.asarray(joints - self.apart(joints, self.home))

    def prefer(self, joints: Array, costs: Array | float) -> None:
        """Set which of the postures for one command is taken.

        Args:
            joints: shape (J,), the posture to be near [rad] or [m].
            costs: weights of the joints' distances from it, shape (J,), or one for all.
        """
        self._preferred, self._costs = joints, costs

    def prefer_home(self) -> None:
        """Prefer the home posture as the map says."""
        self.prefer(self.home_near(self._now), self._home_costs)

    def stay_near(self, joints: Array, distance: float) -> None:
        """Set what the next postures may not lead away from; those further off may only come nearer.

        Args:
            joints: shape (J,), the posture [rad] or [m].
            distance: how far each joint may be from it, from 0 to infinity.
        """
        self._within = np.array((joints - distance, joints + distance))

    def twin(self) -> "Retargeter":
        """Another one of the same robot, whose joints accelerate at will."""
        return Retargeter(self.robot_map, self.ik_model, at_will=True)

    def solve(self, positions: Array, orientations: Array, dt: float) -> tuple[Array, Array]:
        """The next posture on the way to the targets' commands.

        Args:
            positions: shape (N, 3) [m].
            orientations: shape (N, 4), unit quaternions x y z w.
            dt: time since the last step [s]; none at all where it is not above 0.

        Returns:
            Joint positions and velocities, shape (J,) each; new arrays.

        Raises:
            RetargetError: there is none; the posture stays as it was.
        """
        if not (np.isfinite(positions).all() and np.isfinite(orientations).all() and np.isfinite(dt)):
            raise RetargetError("a target's command, or its time, is not finite")
        if (np.abs(dot(orientations, orientations) - 1.0) > 1e-3).any():
            raise RetargetError("a target's orientation is not a unit quaternion")
        now = self._now
        if not dt > 0.0:
            return now.copy(), np.zeros(len(now))
        moved = self._aim(positions, orientations)
        errors = self._reaching.errors()
        bounds = self._motion.bounds(now, self._within, dt)
        wanted, hessian, slopes = self._wanted(errors, moved, dt)
        gaps, rows = self._clearance.rows()
        rows = self._space.reduced(rows)
        nearer = np.minimum(_NEARER * gaps, self._motion.closing(gaps, rows, dt))
        step = nearest_step(self._daqp, hessian, wanted, bounds, (rows, nearer))
        braked = slopes + hessian @ bounds.brake
        off = self._weighed(now, errors) + 0.5 * float((slopes + braked) @ bounds.brake)
        promised = max(0.0, -float(braked @ (step - bounds.brake)))
        self._now = self._search.go(now, StepPlan(bounds.brake, step, off, promised), dt)
        return self._now.copy(), self._motion.velocities.copy()

    def brake(self, dt: float) -> tuple[Array, Array]:
        """The next posture on the way to rest, whatever the commands are.

        Args:
            dt: time since the last step [s]; none at all where it is not above 0.

        Returns:
            Joint positions and velocities, shape (J,) each; new arrays.
        """
        now = self._now
        if dt > 0.0:
            bounds = self._motion.bounds(now, self._within, dt)
            self._reaching.forget()
            self._now = self._search.stop(now, bounds.brake, dt)
        return self._now.copy(), (self._now - now) / dt if dt > 0.0 else np.zeros(len(now))

    def distances(self, positions: Array) -> Array:
        """How far the targets are from commands in the last posture, shape (N,) [m]; 0 if that is not asked.

        Args:
            positions: of the commands, shape (N, 3) [m].
        """
        data = self._configuration.data
        ways = positions - np.array([part.position(data) for part in self._parts])
        return np.where(self._placed, np.sqrt(dot(ways, ways)), 0.0)

    def _aim(self, positions: Array, orientations: Array) -> Array:
        """Set where the targets are to be, those out of reach at the end of reach; how that has moved."""
        origins = self._origins_now()
        way = positions - origins
        far = np.sqrt(dot(way, way))
        share = np.minimum(1.0, self._reach / np.maximum(far, 1e-9))
        return self._reaching.aim(origins + way * share[:, None], orientations)

    def _wanted(self, errors: Array, moved: Array, dt: float) -> tuple[Array, Array, Array]:
        """The step that brings the targets to their commands, were nothing in its way, shape (J,).

        It goes along with how the commands have moved, and comes to them as fast as that can be braked.

        Returns:
            The step, the curvature of what is solved, shape (J, J), and its slopes, shape (J,).
        """
        jacobian = self._space.reduced(self._reaching.jacobian())
        hessian = jacobian.T @ jacobian
        posture = self._costs**2
        # damping that grows with the error keeps steps within what the linear robot is good for
        hessian.flat[:: len(hessian) + 1] += (
            posture + self.robot_map.damping + _DAMPING * float(errors @ errors)
        )
        slopes = posture * (self._now - self._preferred) - errors @ jacobian
        feed = moved @ jacobian
        # one after the other: for both at once LAPACK starts threads, which wait for each other
        along, there = np.linalg.solve(hessian, feed), np.linalg.solve(hessian, -slopes - feed)
        return self._motion.towards(there, along, dt), hessian, slopes

    def _put(self, joints: Array) -> None:
        """Look at the robot in a posture.

        Raises:
            RetargetError: the joints that follow others cannot follow them there.
        """
        self._configuration.update(self._space.whole(joints))

    def _off(self, joints: Array) -> float:
        """How far off a posture is, which is looked at."""
        return self._weighed(joints, self._reaching.errors())

    def _weighed(self, joints: Array, errors: Array) -> float:
        """How far the targets are from their commands and the joints from those preferred: what is solved."""
        away = self._costs * (joints - self._preferred)
        return 0.5 * (float(errors @ errors) + float(away @ away))

    def _origins_now(self) -> Array:
        data = self._configuration.data
        return np.array([origin.position(data) for origin in self._origins])


def _finite(joints: Array) -> Array:
    if not np.isfinite(joints).all():
        raise RetargetError("a joint's position is not finite")
    return joints
