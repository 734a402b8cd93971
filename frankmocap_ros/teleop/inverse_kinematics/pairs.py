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

"""The geoms of a robot that its map wants kept apart, from each other and from boxes."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.parts import listed, numbers_by_name, refuse_unknown
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.additions import point_geom
from frankmocap_ros.teleop.robot_model.equalities import joints_above
from frankmocap_ros.teleop.robot_model.loader import LoadedModel


def pairs_of_geoms(robot: RobotMap, loaded: LoadedModel) -> tuple[tuple[int, int], ...]:
    """Numbers of the geoms of each pair.

    A body stands for all geoms that can touch something, of its own and of what is fixed to it.

    Raises:
        RobotError: there is no such geom or body, it has lost its mesh, or it always touches the other one.
    """
    model = loaded.model
    bodies = numbers_by_name(model.body, model.nbody)
    solid = _solid(model)
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


def pairs_of_boxes(
    robot: RobotMap, loaded: LoadedModel, moving: Iterable[int]
) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Pairs of a keep-out box and a geom that commanded joints move: solid ones, and those of targets.

    Args:
        robot: the map.
        loaded: its model.
        moving: numbers of the commanded joints, and of those that follow them.

    Returns:
        Numbers of the geoms, the box first; and notes on parts that have no shape, in words.
    """
    if not robot.keep_out:
        return (), ()
    model = loaded.model
    joints = set(moving)
    moved = {body for body in range(model.nbody) if joints.intersection(joints_above(model, body))}
    solid = [geom for geom in _solid(model) if int(model.geom_bodyid[geom]) in moved]
    points = [model.geom(point_geom(target.part)).id for target in robot.targets]
    boxes = [model.geom(box.geom).id for box in robot.keep_out]
    shaped = {int(model.geom_bodyid[geom]) for geom in solid}
    names = {str(model.body(body).name) for body in moved if model.body_jntnum[body]} - {""}
    bare = (names - {str(model.body(body).name) for body in shaped}) | names.intersection(loaded.lost)
    notes = []
    if bare:
        targets = ", ".join(target.name for target in robot.targets)
        notes.append(
            f"keep_out: no solid shape for {listed(bare)}; of parts without one only the positions of the "
            f"targets ({targets}) are kept out of boxes: give the model's meshes, or make the boxes larger"
        )
    pairs = tuple((box, geom) for box in boxes for geom in dict.fromkeys((*solid, *points)))
    return pairs, tuple(notes)


def _solid(model: Any) -> list[int]:
    """Numbers of the geoms that can touch something."""
    found = np.flatnonzero((model.geom_contype != 0) | (model.geom_conaffinity != 0))
    return [int(geom) for geom in found]


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
    """Whether geoms are of one body, or of a body and the one that carries it."""
    welds = [int(model.body_weldid[model.geom_bodyid[geom]]) for geom in (a, b)]
    carriers = [int(model.body_weldid[model.body_parentid[weld]]) for weld in welds]
    return welds[0] in (welds[1], carriers[1]) or welds[1] == carriers[0]
