"""Which of a robot's joints are commanded, and which of the others count for where its parts are.

Commanded is what the map's ``joints`` name; where it names none, what moves a target: the joints on the way
from its body to the robot's base. A joint that another one drives (a mimic joint, an equality of joints) is
not commanded, its leader is. Driven are those of the map's grippers: they go to positions of their own. All
other joints stay where they are: they are measured where somebody tells them, and at home otherwise.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.parts import (
    listed,
    numbers_by_name,
    refuse_unknown,
    target_parts,
)
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import (
    Equality,
    equalities,
    joints_above,
    tendon_joints,
)
from frankmocap_ros.teleop.robot_model.loader import LoadedModel

_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class JointRoles:
    """Numbers of a model's joints, by what they are to the gate.

    Attributes:
        commanded: what the gate commands, in the order of its arrays.
        idle: those of them that move no target, and are commanded to stay where they are.
        dependent: what follows from the others by equalities.
        observed: all others that count for where the targets and what they must not touch are.
        equalities: what the dependent ones follow by.
    """

    commanded: tuple[int, ...]
    idle: frozenset[int]
    dependent: tuple[int, ...]
    observed: tuple[int, ...]
    equalities: tuple[Equality, ...]


@dataclass(frozen=True, eq=False)
class DrivenLimits:
    """D joints that are driven to positions of their own, shape (D,) each; hinges in rad, slides in m.

    Attributes:
        names: of the joints.
        lower, upper: their ranges, within which those that follow them stay in theirs, too.
        max_speed, max_acceleration: above 0 [1/s], [1/s^2].
        home: where they are at home.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    max_acceleration: Array
    home: Array


def joint_name(model: Any, joint: int) -> str:
    """Name of a joint; empty where it has none."""
    return str(model.joint(joint).name)


def assign_roles(
    loaded: LoadedModel, robot: RobotMap, targets: Collection[int], around: Iterable[int] = ()
) -> JointRoles:
    """Find which joints are commanded, and which others count.

    Args:
        loaded: the model.
        robot: its map.
        targets: numbers of the bodies that follow.
        around: numbers of other bodies whose place counts.

    Raises:
        RobotError: the map names joints that cannot be commanded, or none that can is found.
    """
    model = loaded.model
    every = equalities(loaded.mujoco, model)
    apart, _ = _tied(every, set(driven_joints(loaded, robot)))
    moving = sorted({joint for body in targets for joint in joints_above(model, body)} - apart)
    followers = {e.follower: e.leader for e in every if e.follower is not None}
    commanded = (
        _named(loaded, robot, followers)
        if robot.joints
        else _derived(loaded, robot, moving, followers, every)
    )
    counts = {joint for body in (*targets, *around) for joint in joints_above(model, body)} | set(commanded)
    counts, used = _tied(every, counts)
    dependent = set(_dependent(used, set(commanded)))
    reached = set(moving).union(*(e.joints for e in used if set(moving) & e.joints))
    roles = JointRoles(
        commanded=tuple(commanded),
        idle=frozenset(commanded) - reached,
        dependent=tuple(sorted(dependent)),
        observed=tuple(
            j
            for j in sorted(counts - set(commanded) - dependent)
            if j in simple_joints(loaded.mujoco, model) and joint_name(model, j)
        ),
        equalities=tuple(e for e in used if e.joints & dependent),
    )
    if roles.idle == set(commanded):
        raise RobotError(
            f"{robot.model}: joints: none of {listed(joint_name(model, j) for j in commanded)} moves a "
            f"target; what does: {listed(joint_name(model, j) for j in moving)}"
        )
    return roles


def _tied(every: Sequence[Equality], joints: set[int]) -> tuple[set[int], list[Equality]]:
    """Joints with all that equalities bind to them, and these equalities."""
    used: list[Equality] = []
    pending = list(every)
    while touched := [e for e in pending if joints & e.joints]:
        pending = [e for e in pending if e not in touched]
        used += touched
        joints = joints.union(*(e.joints for e in touched))
    return joints, used


def _dependent(used: Sequence[Equality], commanded: set[int]) -> Iterable[int]:
    """What follows: followers, and the joints of closed loops that commanded joints move.

    Where a follower is commanded, the equality works the other way round.
    """
    forward = [e for e in used if e.follower is not None and e.follower not in commanded]
    moved = commanded.union(e.follower for e in forward if e.follower is not None)
    loops = [e for e in used if e not in forward]
    while driven := [e for e in loops if e.joints & moved]:
        loops = [e for e in loops if e not in driven]
        moved = moved.union(*(e.joints for e in driven))
    return moved - commanded


def driven_joints(loaded: LoadedModel, robot: RobotMap) -> tuple[int, ...]:
    """Numbers of the joints that the map has driven to positions of their own, in its order.

    Raises:
        RobotError: there is no such joint, or it goes along with another one, which is to be named.
    """
    model = loaded.model
    every = equalities(loaded.mujoco, model)
    known = {name: j for j in simple_joints(loaded.mujoco, model) if (name := joint_name(model, j))}
    found: dict[int, str] = {}
    for one in robot.driven:
        refuse_unknown(robot.model, one.key, "joint of the name", [one.name], known)
        joint = known[one.name]
        for other in (e for e in every if e.follower is not None and joint in e.joints):
            tied = other.leader if other.follower == joint else other.follower
            if tied in found:
                raise _goes_along(robot, one.key, one.name, found[tied])
            if other.follower == joint and not _has_motor(loaded, joint):
                leader = other.leader if other.leader is not None else -1
                raise _goes_along(robot, one.key, one.name, joint_name(model, leader) if leader >= 0 else "")
        found[joint] = one.name
    return tuple(found)


def _goes_along(robot: RobotMap, key: str, name: str, leader: str) -> RobotError:
    why = (
        f"goes along with {leader}; name {leader} alone" if leader else "is held by an equality; leave it out"
    )
    return RobotError(f"{robot.model}: {key}: joints: {name} {why}")


def _has_motor(loaded: LoadedModel, joint: int) -> bool:
    """Whether an actuator drives a joint, by itself or by a tendon.

    An equality of an MJCF holds in both directions: which joint leads is up to the motor.
    """
    mujoco, model = loaded.mujoco, loaded.model
    for kind, number in zip(
        model.actuator_trntype.tolist(), model.actuator_trnid[:, 0].tolist(), strict=True
    ):
        if kind == mujoco.mjtTrn.mjTRN_JOINT and number == joint:
            return True
        if kind == mujoco.mjtTrn.mjTRN_TENDON and joint in tendon_joints(mujoco, model, number):
            return True
    return False


def simulated_roles(loaded: LoadedModel, robot: RobotMap) -> JointRoles:
    """The roles of a robot's joints to itself: what the gate commands and what it drives is the same to it.

    Raises:
        RobotError: as of ``assign_roles``.
    """
    model = loaded.model
    roles = assign_roles(loaded, robot, {t.part.body for t in target_parts(robot, model)})
    driven = driven_joints(loaded, robot)
    if not driven:
        return roles
    commanded = (*roles.commanded, *driven)
    _, used = _tied(equalities(loaded.mujoco, model), {*commanded, *roles.observed, *roles.dependent})
    dependent = set(_dependent(used, set(commanded)))
    return JointRoles(
        commanded=commanded,
        idle=roles.idle,
        dependent=tuple(sorted(dependent)),
        observed=tuple(j for j in roles.observed if j not in {*commanded, *dependent}),
        equalities=tuple(e for e in used if e.joints & dependent),
    )


def simple_joints(mujoco: Any, model: Any) -> list[int]:
    """Numbers of the hinges and slides: the joints that one number tells."""
    kinds = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
    return [i for i in range(model.njnt) if int(model.jnt_type[i]) in kinds]


def _named(loaded: LoadedModel, robot: RobotMap, followers: dict[int, int | None]) -> list[int]:
    """The joints that the map names."""
    model = loaded.model
    simple = simple_joints(loaded.mujoco, model)
    numbers = {n: i for n, i in numbers_by_name(model.joint, model.njnt).items() if i in simple}
    for name in robot.joints:
        if numbers.get(name) in followers:
            leader = followers[numbers[name]]
            raise RobotError(
                f"{robot.model}: joints: {name} is not commanded, as it "
                + (
                    f"goes along with {joint_name(model, leader)}"
                    if leader is not None
                    else "is held by an equality"
                )
                + "; leave it out"
            )
    allowed = [name for name, i in numbers.items() if i not in followers]
    refuse_unknown(robot.model, "joints", "joint to command of the name", robot.joints, allowed)
    return [numbers[name] for name in robot.joints]


def _derived(
    loaded: LoadedModel,
    robot: RobotMap,
    moving: Sequence[int],
    followers: dict[int, int | None],
    every: Sequence[Equality],
) -> list[int]:
    """The joints that move a target, with the leaders of those that follow."""
    model = loaded.model
    loops = set().union(*(e.joints for e in every if e.follower is None and e.joints & set(moving)))
    if loops:
        names = listed(joint_name(model, j) for j in loops)
        raise RobotError(
            f"{robot.model}: {names} are of a closed loop, where not every joint has a motor; name those "
            "that have one, with the other joints to command, as joints: [...] in the map"
        )
    found: dict[int, None] = {}
    for joint in moving:
        leader: int | None = joint
        for _ in followers:  # one may follow another one
            leader = followers.get(leader, leader) if leader is not None else None
        if leader is not None and leader in simple_joints(loaded.mujoco, model):
            found[leader] = None
    if not found:
        raise RobotError(
            f"{robot.model}: nothing moves its targets: no hinge or slide joints between them and the base"
        )
    commanded = sorted(found)
    nameless = [j for j in commanded if not joint_name(model, j)]
    if nameless:
        raise RobotError(f"{robot.model}: joint number {nameless[0]} has no name; give it one")
    return commanded


def joint_ranges(model: Any, roles: JointRoles) -> tuple[Array, Array]:
    """The ranges of the commanded joints, within which those that follow them stay in theirs, too.

    Returns:
        Lower and upper ends, shape (J,) each [rad] or [m]; infinite where there is none.
    """
    joints = list(roles.commanded)
    limited = model.jnt_limited.astype(bool)
    lower = np.where(limited, model.jnt_range[:, 0], -np.inf)
    upper = np.where(limited, model.jnt_range[:, 1], np.inf)
    # as often as there are followers: one may follow another one
    for one in roles.equalities * len(roles.equalities):
        leader, follower = one.leader, one.follower
        offset, slope, *bent = model.eq_data[one.row, :5]
        if leader is None or follower is None or any(bent) or slope == 0.0:
            continue
        at, of_leader = (model.qpos0[model.jnt_qposadr[j]] for j in (follower, leader))
        ends = sorted((end - at - offset) / slope + of_leader for end in (lower[follower], upper[follower]))
        lower[leader], upper[leader] = max(lower[leader], ends[0]), min(upper[leader], ends[1])
        if follower in joints:
            ends = sorted(at + offset + slope * (end - of_leader) for end in (lower[leader], upper[leader]))
            lower[follower], upper[follower] = ends[0], ends[1]
    return lower[joints], upper[joints]


def driven_limits(loaded: LoadedModel, robot: RobotMap, home: Array) -> DrivenLimits:
    """The joints that are driven to positions of their own, and what they can do.

    Args:
        loaded: the model.
        robot: its map.
        home: shape (nq,), where all joints are at home.

    Raises:
        RobotError: a joint cannot be driven, or not to the positions that the map names.
    """
    model = loaded.model
    driven = driven_joints(loaded, robot)
    _, used = _tied(equalities(loaded.mujoco, model), set(driven))
    dependent = tuple(_dependent(used, set(driven)))
    lower, upper = joint_ranges(model, JointRoles(driven, frozenset(), dependent, (), tuple(used)))
    for one, low, high in zip(robot.driven, lower.tolist(), upper.tolist(), strict=True):
        for end in one.ends:
            if not low - _ROUNDING <= end <= high + _ROUNDING:
                raise RobotError(
                    f"{robot.model}: {one.key}: {one.name}: {end:g} is out of its range; allowed: {low:g} to "
                    f"{high:g}"
                )
    return DrivenLimits(
        names=tuple(one.name for one in robot.driven),
        lower=lower,
        upper=upper,
        max_speed=np.array([one.max_speed for one in robot.driven]),
        max_acceleration=np.array([one.max_acceleration for one in robot.driven]),
        home=np.clip(home[model.jnt_qposadr[list(driven)]], lower, upper),
    )


def roles_without_map(loaded: LoadedModel) -> JointRoles:
    """The roles of a model's joints where no map names any: what has a motor is commanded.

    In a model without motors, such as a URDF, every joint with a name is that follows no other one.

    Raises:
        RobotError: there is no joint to command.
    """
    mujoco, model = loaded.mujoco, loaded.model
    every = equalities(mujoco, model)
    followers = {e.follower for e in every}
    of_joint = model.actuator_trntype == int(mujoco.mjtTrn.mjTRN_JOINT)
    driven = {int(joint) for joint in model.actuator_trnid[of_joint, 0]}
    commanded = [
        j
        for j in simple_joints(mujoco, model)
        if joint_name(model, j) and j not in followers and (j in driven or not driven)
    ]
    if not commanded:
        raise RobotError(f"{loaded.path}: it has no hinge or slide joint with a name to command")
    used = [e for e in every if e.joints & set(commanded)]
    dependent = tuple(sorted(_dependent(used, set(commanded))))
    return JointRoles(
        commanded=tuple(commanded),
        idle=frozenset(),
        dependent=dependent,
        observed=(),
        equalities=tuple(e for e in used if e.joints & set(dependent)),
    )


def home_posture(loaded: LoadedModel, robot: RobotMap | None, keyframe: str = "") -> Array:
    """Where all joints of a robot are at home, shape (nq,) [rad] or [m].

    Args:
        loaded: the model.
        robot: its map, which names a keyframe or says where joints are; None without one.
        keyframe: taken without a map, where the model has it.

    Raises:
        RobotError: the model has not the keyframe or a joint that the map names.
    """
    mujoco, model = loaded.mujoco, loaded.model
    keys = numbers_by_name(model.key, model.nkey)
    if robot is not None and robot.keyframe:
        refuse_unknown(robot.model, "keyframe", "keyframe", [robot.keyframe], keys)
        keyframe = robot.keyframe
    if keyframe in keys:
        return np.array(model.key_qpos[keys[keyframe]], dtype=np.float64)
    home = np.array(model.qpos0, dtype=np.float64)  # of ball joints; those of one number are at 0 or near
    simple = simple_joints(mujoco, model)
    for joint in simple:
        low, high = model.jnt_range[joint] if model.jnt_limited[joint] else (-np.inf, np.inf)
        home[int(model.jnt_qposadr[joint])] = 0.0 if low <= 0.0 <= high else 0.5 * (low + high)
    if robot is not None:
        numbers = {joint_name(model, j): int(model.jnt_qposadr[j]) for j in simple}
        refuse_unknown(robot.model, "home", "joint", robot.home, [name for name in numbers if name])
        for name, value in robot.home.items():
            home[numbers[name]] = value
    return home
