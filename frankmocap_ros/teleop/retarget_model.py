"""A robot's model for retargeting: joints, limits, home posture, and the parts that its map names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.geometry import Array
from frankmocap_ros.teleop.robot_map import RobotMap

_ROUNDING: Final = 1e-6
_LISTED: Final = 20


@dataclass(frozen=True)
class Part:
    """A site or a body of a model.

    Attributes:
        name: of it.
        kind: ``site`` or ``body``.
        row: its number.
    """

    name: str
    kind: str
    row: int

    def position(self, data: Any) -> Array:
        """Where it is, shape (3,) [m]; a view of ``data``, an MjData."""
        return np.asarray((data.site_xpos if self.kind == "site" else data.xpos)[self.row])

    def matrix(self, data: Any) -> Array:
        """How it is turned, shape (3, 3)."""
        return np.asarray((data.site_xmat if self.kind == "site" else data.xmat)[self.row]).reshape(3, 3)


@dataclass(frozen=True, eq=False)
class RobotModel:
    """A model and what its map names in it.

    Attributes:
        model: the MjModel.
        joint_names: J joints that move, in the model's order.
        lower, upper: shape (J,), the joints' ranges [rad] or [m].
        max_speed: shape (J,), the joints' highest speeds [1/s].
        home: shape (J,), the posture to begin with and to prefer.
        posture_costs: shape (J,), the weights of its joints.
        parts: one a target: what follows.
        origins: one a target: the counterpart of the operator's origin.
        chains: one a target: the limb from there to the part; empty for none.
        pairs: numbers of geoms that must not touch.
    """

    model: Any
    joint_names: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    home: Array
    posture_costs: Array
    parts: tuple[Part, ...]
    origins: tuple[Part, ...]
    chains: tuple[tuple[Part, ...], ...]
    pairs: tuple[tuple[int, int], ...]


def packages() -> tuple[Any, Any, Any]:
    """The modules mujoco, mink and daqp.

    Raises:
        MissingDependencyError: one of them is not installed.
    """
    try:
        import daqp
        import mink
        import mujoco
    except ImportError as error:
        raise MissingDependencyError(
            f"retargeting needs mujoco, mink and daqp, of which one is not installed ({error}); "
            "do: pip install 'frankmocap_ros[robot]'"
        ) from error
    return mujoco, mink, daqp


def load_model(robot: RobotMap) -> RobotModel:
    """Load a robot's model, and find everything in it that the map names.

    Raises:
        RobotError: the model cannot be read, cannot be retargeted, or has not what the map names.
        MissingDependencyError: a package is not installed.
    """
    mujoco = packages()[0]
    try:
        model = mujoco.MjModel.from_xml_path(str(robot.model))
    except ValueError as error:
        raise RobotError(f"{robot.model}: MuJoCo cannot read it: {error}") from error
    names = _joint_names(mujoco, model, robot)
    limited = model.jnt_limited.astype(bool)
    lower = np.where(limited, model.jnt_range[:, 0], -np.inf)
    upper = np.where(limited, model.jnt_range[:, 1], np.inf)
    _check(robot, "velocity_limits", "joint", robot.speeds, names)
    _check(robot, "home", "joint", robot.home, names)
    _check(robot, "posture_costs", "joint", robot.posture_costs, names)
    sites, bodies = _named(model.site, model.nsite), _named(model.body, model.nbody)
    found: dict[str, list[Any]] = {"parts": [], "origins": [], "chains": []}
    for t in robot.targets:
        where = f"targets.{t.name}"
        kinds = {"site": sites} if t.is_site else {"body": bodies}
        both = {"site": sites, "body": bodies}
        found["parts"].append(_part(robot, f"{where}.{next(iter(kinds))}", t.part, kinds))
        found["origins"].append(_part(robot, f"{where}.robot_origin", t.robot_origin, both))
        limb = (*(_part(robot, f"{where}.chain", name, both) for name in t.chain[:-1]),)
        found["chains"].append((*limb, found["parts"][-1]) if limb else ())
    return RobotModel(
        model=model,
        joint_names=names,
        lower=lower,
        upper=upper,
        max_speed=np.array([robot.speeds.get(name, robot.default_speed) for name in names]),
        home=_home(robot, model, names, (lower, upper)),
        posture_costs=np.array([robot.posture_costs.get(n, robot.default_posture_cost) for n in names]),
        parts=tuple(found["parts"]),
        origins=tuple(found["origins"]),
        chains=tuple(found["chains"]),
        pairs=_pairs(robot, model, bodies),
    )


def _joint_names(mujoco: Any, model: Any, robot: RobotMap) -> tuple[str, ...]:
    moving = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
    if model.njnt == 0 or not all(int(kind) in moving for kind in model.jnt_type):
        raise RobotError(f"{robot.model}: only hinge and slide joints are allowed, on a base that stays")
    names = tuple(str(model.joint(i).name) for i in range(model.njnt))
    if "" in names:
        raise RobotError(f"{robot.model}: joint number {names.index('')} has no name; give it one")
    return names


def _home(robot: RobotMap, model: Any, names: tuple[str, ...], limits: tuple[Array, Array]) -> Array:
    lower, upper = limits
    if robot.keyframe:
        keys = _named(model.key, model.nkey)
        _check(robot, "keyframe", "keyframe", [robot.keyframe], keys)
        home = np.array(model.key_qpos[keys[robot.keyframe]], dtype=np.float64)
    else:
        home = np.zeros(len(names))
        for i, name in enumerate(names):
            inside = lower[i] <= 0.0 <= upper[i]
            home[i] = robot.home.get(name, 0.0 if inside else 0.5 * (lower[i] + upper[i]))
    for name, value, low, high in zip(names, home, lower, upper, strict=True):
        if not low - _ROUNDING <= value <= high + _ROUNDING:
            raise RobotError(
                f"{robot.model}: {robot.keyframe or 'home'}: {name} is {value:g}, out of range; "
                f"allowed: {low:g} to {high:g}"
            )
    return np.clip(home, lower, upper)


def _pairs(robot: RobotMap, model: Any, bodies: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    """Numbers of the geoms of each pair; a body stands for all of its geoms that can touch something."""
    solid = np.flatnonzero((model.geom_contype != 0) | (model.geom_conaffinity != 0)).tolist()
    geoms = {str(model.geom(i).name): [i] for i in solid if model.geom(i).name}
    known = {name: [i for i in solid if model.geom_bodyid[i] == row] for name, row in bodies.items()}
    known = {name: own for name, own in known.items() if own} | geoms
    key = "self_collision.pairs"
    for pair in robot.pairs:
        _check(robot, key, "geom that can touch anything, nor body with one,", pair, known)
    found: dict[tuple[int, int], None] = {}
    for first, second in robot.pairs:
        for a in known[first]:
            for b in known[second]:
                if _are_neighbours(model, a, b):
                    raise RobotError(
                        f"{robot.model}: {key}: {first} and {second} are of one body or of neighbours, "
                        "which always touch; leave the pair out"
                    )
                found[min(a, b), max(a, b)] = None
    return tuple(found)


def _are_neighbours(model: Any, a: int, b: int) -> bool:
    """Whether geoms are of one body or of a body and the one that carries it; mink would leave them out."""
    welds = [int(model.body_weldid[model.geom_bodyid[geom]]) for geom in (a, b)]
    carriers = [int(model.body_weldid[model.body_parentid[weld]]) for weld in welds]
    return welds[0] in (welds[1], carriers[1]) or welds[1] == carriers[0]


def _named(one: Any, count: int) -> dict[str, int]:
    """Names of a kind of a model's elements -> numbers."""
    return {str(one(i).name): i for i in range(count) if one(i).name}


def _part(robot: RobotMap, key: str, name: str, kinds: Mapping[str, Mapping[str, int]]) -> Part:
    """A part of that name, of the first kind that has one."""
    for kind, known in kinds.items():
        if name in known:
            return Part(name, kind, known[name])
    everything: Sequence[str] = [n for known in kinds.values() for n in known]
    _check(robot, key, " or ".join(kinds), [name], everything)
    raise AssertionError(name)


def _check(robot: RobotMap, key: str, kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that are not known."""
    unknown = sorted(set(names) - set(known))
    if not unknown:
        return
    listed = sorted(set(known))
    more = ", ..." if len(listed) > _LISTED else ""
    is_urdf = robot.model.suffix == ".urdf" and "body" in kind
    raise RobotError(
        f"{robot.model}: {key}: it has no {kind} {', '.join(unknown)}; "
        f"it has {', '.join(listed[:_LISTED]) or 'none'}{more}"
        + (
            "; links that do not move are part of what carries them, unless the URDF says "
            '<mujoco><compiler fusestatic="false"/></mujoco>'
            if is_urdf
            else ""
        )
    )
