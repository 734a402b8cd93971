"""Poses of an operator to postures of a robot: differential inverse kinematics, one step at a time.

A quadratic program asks for the joint velocities that bring the targets nearest to their commands, by weight,
with the joints in their ranges, below their speeds, and the named parts apart (mink on MuJoCo's kinematics).
What is out of reach is brought to the end of reach first, so that an arm points at it and rests.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import MissingDependencyError, RetargetError, RobotError
from frankmocap_ros.geometry import Array, dot, quat_from_matrix
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.robot_map import RobotMap, load_map
from frankmocap_ros.teleop.sight import Target

_REACH: Final = 0.995  # of a limb's length: a straight arm has lost a direction
_LOOK_M: Final = 0.10  # parts further apart than this are not looked at
_GAIN: Final = 0.8  # of what is left to a command, in one step: all of it at once makes joints jerk
_OF_SPEED: Final = 0.85  # of a joint's limit: a servo that starts and stops swings over
_INSIDE: Final = 0.02  # rad or m: so far a posture stays from the end of a joint's range
_NEARER: Final = 0.3  # of what is left between two parts, at most, in one step
_WXYZ: Final = np.array([3, 0, 1, 2])  # from x y z w


def _packages() -> tuple[Any, Any]:
    try:
        import mink
        import mujoco
    except ImportError as error:
        raise MissingDependencyError(
            f"retargeting needs mujoco and mink, which are not installed ({error}); "
            "do: pip install 'frankmocap_ros[robot]'"
        ) from error
    return mujoco, mink


def load_retargeter(robot: str) -> "Retargeter":
    """The retargeter of a robot: ``torso``, or the YAML file of a map.

    Raises:
        RobotError: map or model are missing or wrong.
        MissingDependencyError: a package is not installed.
    """
    return Retargeter(load_map(robot))


class Retargeter:
    """Finds postures of one robot. For one thread.

    Attributes:
        targets: what follows, in the order of every array of N poses here.
        joint_names: J joints that move, in the model's order.
        home: shape (J,), the posture to begin with and to prefer.
        lower, upper: shape (J,), the joints' ranges, less a margin [rad] or [m].
        max_speed: shape (J,), the highest speeds that are asked of the joints [1/s].

    Args:
        robot: the robot's map.

    Raises:
        RobotError: the model cannot be read, or has not what the map names.
        MissingDependencyError: mujoco or mink is not installed.
    """

    def __init__(self, robot: RobotMap) -> None:
        mujoco, mink = _packages()
        self._mink = mink
        self._map = robot
        try:
            self._model = model = mujoco.MjModel.from_xml_path(str(robot.model))
        except ValueError as error:
            raise RobotError(f"{robot.model}: MuJoCo cannot read it: {error}") from error
        moving = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
        if model.njnt == 0 or not all(int(kind) in moving for kind in model.jnt_type):
            raise RobotError(f"{robot.model}: only hinge and slide joints are allowed, on a base that stays")
        self.joint_names = tuple(str(model.joint(i).name) for i in range(model.njnt))
        limited = model.jnt_limited.astype(bool)
        margin = np.minimum(_INSIDE, 0.1 * np.ptp(model.jnt_range, axis=1))
        self.lower = np.where(limited, model.jnt_range[:, 0] + margin, -np.inf)
        self.upper = np.where(limited, model.jnt_range[:, 1] - margin, np.inf)
        self._check_names()
        speeds = [robot.speeds.get(name, robot.default_speed) for name in self.joint_names]
        self.max_speed = _OF_SPEED * np.array(speeds)
        self.home = self._home()
        self._configuration = mink.Configuration(model, self.home)
        self._ids = np.array([self._id(t.part, t.is_site) for t in robot.targets])
        self._is_site = np.array([t.is_site for t in robot.targets])
        self._origins = [self._part(t.robot_origin) for t in robot.targets]
        self._rest = np.array([t.rotation_xyzw for t in robot.targets])
        self.targets = tuple(Target(t.name, t.joint, t.origin, self._length(t.chain)) for t in robot.targets)
        self._reach = np.array([t.robot_length * _REACH or np.inf for t in self.targets])
        self._tasks = [
            mink.FrameTask(
                frame_name=t.part,
                frame_type="site" if t.is_site else "body",
                position_cost=t.position_cost,
                orientation_cost=t.orientation_cost,
                gain=_GAIN,
                lm_damping=0.1,
            )
            for t in robot.targets
        ]
        posture = mink.PostureTask(model, cost=robot.posture_cost)
        posture.set_target(self.home)
        self._all_tasks = [*self._tasks, posture]
        self._apart = self._collisions()
        self._limits = self._make_limits()
        self._velocities = np.zeros(model.njnt)

    def poses(self, joints: Array) -> RobotPoses:
        """Where the targets are in a posture, in the base frame; what is being solved stays as it is.

        Args:
            joints: shape (J,) [rad] or [m].
        """
        now = self._configuration.q
        self._configuration.update(joints)
        data = self._configuration.data
        rotations = np.array([self._of(data, "xmat", i) for i in range(len(self._ids))]).reshape(-1, 3, 3)
        found = RobotPoses(
            positions=np.array([self._of(data, "xpos", i) for i in range(len(self._ids))]),
            orientations=quat_from_matrix(rotations),
            origins=self._origins_now(),
            rest=self._rest.copy(),
            aligned=True,
        )
        self._configuration.update(now)
        return found

    def start(self, joints: Array) -> None:
        """Begin from a posture, at rest.

        Args:
            joints: shape (J,) [rad] or [m].
        """
        self._configuration.update(np.clip(joints, self.lower, self.upper))
        self._velocities = np.zeros(len(self.joint_names))

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
        if not (np.isfinite(positions).all() and np.isfinite(orientations).all()):
            raise RetargetError("a target's command is not finite")
        now = self._configuration.q
        if not dt > 0.0:
            return now.copy(), np.zeros(len(now))
        self._aim(positions, orientations)
        for limit in self._apart:
            # mink compares the step with gain * distance / dt: only so it is a share of the distance
            limit.gain = _NEARER * dt
        try:
            velocities = self._mink.solve_ik(
                self._configuration,
                self._all_tasks,
                dt,
                solver="daqp",
                damping=self._map.damping,
                limits=self._limits,
            )
        except Exception as error:  # mink's and the solver's own errors share no root
            raise RetargetError(
                f"no posture of the robot is found: {error or type(error).__name__}"
            ) from error
        if not np.isfinite(velocities).all():
            raise RetargetError("no posture of the robot is found: the solver's answer is not finite")
        step = np.clip(velocities, -self.max_speed, self.max_speed) * dt
        after = np.clip(now + step, self.lower, self.upper)
        self._velocities = (after - now) / dt
        self._configuration.update(after)
        return after.copy(), self._velocities.copy()

    def _aim(self, positions: Array, orientations: Array) -> None:
        """Give the tasks their targets, those out of reach at the end of reach."""
        mink = self._mink
        origins = self._origins_now()
        way = positions - origins
        far = np.sqrt(dot(way, way))
        share = np.minimum(1.0, self._reach / np.maximum(far, 1e-9))
        aims = origins + way * share[:, None]
        for task, aim, wxyz in zip(self._tasks, aims, orientations[:, _WXYZ], strict=True):
            rotation = mink.SO3(wxyz=wxyz)
            task.set_target(mink.SE3.from_rotation_and_translation(rotation, aim))

    def _make_limits(self) -> list[Any]:
        speeds = dict(zip(self.joint_names, self.max_speed.tolist(), strict=True))
        mink = self._mink
        inside = mink.ConfigurationLimit(self._model, min_distance_from_limits=_INSIDE)
        return [inside, mink.VelocityLimit(self._model, speeds), *self._apart]

    def _collisions(self) -> list[Any]:
        """What keeps the pairs apart; nothing where there are none."""
        if not self._map.pairs:
            return []
        return [
            self._mink.CollisionAvoidanceLimit(
                self._model,
                [((a,), (b,)) for a, b in self._map.pairs],
                minimum_distance_from_collisions=self._map.minimum_distance_m,
                collision_detection_distance=self._map.minimum_distance_m + _LOOK_M,
            )
        ]

    def _check_names(self) -> None:
        """Every name of the map must be one of the model."""
        model, robot = self._model, self._map
        joints, geoms = set(self.joint_names), {model.geom(i).name for i in range(model.ngeom)}
        for key, names, known in (
            ("velocity_limits", robot.speeds, joints),
            ("home", robot.home, joints),
            ("self_collision.pairs", [name for pair in robot.pairs for name in pair], geoms),
        ):
            unknown = sorted(set(names) - known)
            if unknown:
                raise RobotError(
                    f"{robot.model}: {key}: it has no {', '.join(unknown)}; it has {_listed(known)}"
                )
        for t in robot.targets:
            self._id(t.part, t.is_site)
            for name in (t.robot_origin, *t.chain):
                self._part(name)

    def _names(self, sites: bool) -> dict[str, int]:
        one, count = (self._model.site, self._model.nsite) if sites else (self._model.body, self._model.nbody)
        return {str(one(i).name): i for i in range(count) if one(i).name}

    def _id(self, name: str, is_site: bool) -> int:
        known = self._names(is_site)
        if name not in known:
            kind = "site" if is_site else "body"
            raise RobotError(f"{self._map.model}: it has no {kind} {name!r}; it has {_listed(known)}")
        return known[name]

    def _part(self, name: str) -> tuple[str, int]:
        """A site, or else a body, of that name."""
        for kind, known in (("site_xpos", self._names(True)), ("xpos", self._names(False))):
            if name in known:
                return kind, known[name]
        known = self._names(True) | self._names(False)
        raise RobotError(f"{self._map.model}: it has no site or body {name!r}; it has {_listed(known)}")

    def _origins_now(self) -> Array:
        data = self._configuration.data
        return np.array([getattr(data, field)[i] for field, i in self._origins])

    def _of(self, data: Any, field: str, target: int) -> Array:
        prefix = "site_" if self._is_site[target] else ""
        return np.array(getattr(data, prefix + field)[self._ids[target]])

    def _length(self, chain: tuple[str, ...]) -> float:
        """Length of a limb of the robot [m]; 0 without one."""
        parts = [self._part(name) for name in chain]
        points: NDArray[np.float64] = np.array(
            [getattr(self._configuration.data, field)[i] for field, i in parts]
        )
        return float(np.linalg.norm(np.diff(points, axis=0), axis=-1).sum()) if len(chain) else 0.0

    def _home(self) -> Array:
        model, robot = self._model, self._map
        if robot.keyframe:
            names = {model.key(i).name: i for i in range(model.nkey)}
            if robot.keyframe not in names:
                raise RobotError(
                    f"{robot.model}: it has no keyframe {robot.keyframe!r}; it has {_listed(names)}"
                )
            home = np.array(model.key_qpos[names[robot.keyframe]], dtype=np.float64)
        else:
            inside = (self.lower <= 0.0) & (self.upper >= 0.0)
            home = np.where(inside, 0.0, 0.5 * (self.lower + self.upper))
            for name, value in robot.home.items():
                home[self.joint_names.index(name)] = value
        outside = (home < self.lower - _INSIDE) | (home > self.upper + _INSIDE)
        if outside.any():
            names_outside = [n for n, wrong in zip(self.joint_names, outside, strict=True) if wrong]
            raise RobotError(f"{robot.model}: home: {', '.join(names_outside)} out of range")
        return np.clip(home, self.lower, self.upper)


def _listed(names: Any) -> str:
    """Names for people, not too many."""
    known = sorted(names)
    return ", ".join(known[:20]) + (", ..." if len(known) > 20 else "") if known else "none"
