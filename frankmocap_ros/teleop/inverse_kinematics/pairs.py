"""The geoms of a robot that its map wants kept apart."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.parts import numbers_by_name, refuse_unknown
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.loader import LoadedModel


def pairs_of_geoms(robot: RobotMap, loaded: LoadedModel) -> tuple[tuple[int, int], ...]:
    """Numbers of the geoms of each pair.

    A body stands for all geoms that can touch something, of its own and of what is fixed to it.

    Raises:
        RobotError: there is no such geom or body, it has lost its mesh, or it always touches the other one.
    """
    model = loaded.model
    bodies = numbers_by_name(model.body, model.nbody)
    solid = np.flatnonzero((model.geom_contype != 0) | (model.geom_conaffinity != 0)).tolist()
    geoms = {str(model.geom(i).name): [i] for i in solid if model.geom(i).name}
    carried = {row: _fixed_to(model, row) for row in range(model.nbody)}
    known = {
        name: [i for i in solid if row in carried[int(model.geom_bodyid[i])]] for name, row in bodies.items()
    }
    known = {name: own for name, own in known.items() if own} | geoms
    key = "self_collision.pairs"
    for pair in robot.pairs:
        _refuse_lost(robot, loaded, bodies, pair)
        refuse_unknown(robot.model, key, "geom that can touch anything, nor body with one,", pair, known)
    found: dict[tuple[int, int], None] = {}
    for first, second in robot.pairs:
        for a in known[first]:
            for b in known[second]:
                if _are_neighbors(model, a, b):
                    raise RobotError(
                        f"{robot.model}: {key}: {first} and {second} are of one body or of neighbors, "
                        "which always touch; leave the pair out"
                    )
                found[min(a, b), max(a, b)] = None
    return tuple(found)


def _fixed_to(model: Any, body: int) -> tuple[int, ...]:
    """A body, and those that carry it without a joint between."""
    found = [body]
    while body > 0 and not model.body_jntnum[body]:
        body = int(model.body_parentid[body])
        if body:
            found.append(body)
    return tuple(found)


def _refuse_lost(
    robot: RobotMap, loaded: LoadedModel, bodies: Mapping[str, int], names: Iterable[str]
) -> None:
    """Refuse to keep apart what has lost its mesh."""
    carriers = {name: _fixed_to(loaded.model, bodies[name]) for name in loaded.lost if name in bodies}
    for name in names:
        row = bodies.get(name)
        lost = [mesh for body, mesh in loaded.lost.items() if body == name or row in carriers.get(body, ())]
        if lost:
            raise RobotError(
                f"{robot.model}: self_collision.pairs: {name} needs a mesh that was left out: {lost[0]}; "
                "give that file, or name another geom or body to keep apart"
            )


def _are_neighbors(model: Any, a: int, b: int) -> bool:
    """Whether geoms are of one body or of a body and the one that carries it; mink would leave them out."""
    welds = [int(model.body_weldid[model.geom_bodyid[geom]]) for geom in (a, b)]
    carriers = [int(model.body_weldid[model.body_parentid[weld]]) for weld in welds]
    return welds[0] in (welds[1], carriers[1]) or welds[1] == carriers[0]
