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

"""Where a limb of a robot has its shoulder, its elbow and its wrist (or hip, knee and ankle)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_setup import names
from frankmocap_ros.teleop.robot_setup.skeleton import Limb

_PARALLEL: Final = 0.2  # least singular value of axes that meet in a point
_SAMPLES: Final = 9
_SWEEP: Final = 1.5  # of a joint without ends [rad]
_AS_FAR: Final = 0.75
_SHORT_M: Final = 0.04
_CENTIMETER: Final = 0.01


@dataclass(frozen=True)
class Point:
    """A point of a robot: a body, a site, or something beside a body.

    Attributes:
        name: of the body or site.
        kind: ``body`` or ``site``.
        row: its number.
        offset: in the body's frame [m]; zeros for the body itself.
    """

    name: str
    kind: str
    row: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def position(self, data: Any) -> Array:
        """Where it is, shape (3,) [m]."""
        if self.kind == "site":
            return np.array(data.site_xpos[self.row])
        return np.asarray(data.xpos[self.row] + data.xmat[self.row].reshape(3, 3) @ np.array(self.offset))

    def matrix(self, data: Any) -> Array:
        """How it is turned, shape (3, 3)."""
        rows = data.site_xmat if self.kind == "site" else data.xmat
        return np.array(rows[self.row]).reshape(3, 3)


@dataclass(frozen=True)
class LimbPoints:
    """The points of a limb.

    Attributes:
        limb: which one.
        origin: its shoulder or hip.
        middle: its elbow or knee.
        tip: its wrist or ankle, or an arm's tool.
        bend: place in ``limb.joints`` of the joint that bends its middle.
    """

    limb: Limb
    origin: Point
    middle: Point
    tip: Point
    bend: int


class Kinematics:
    """A model in postures. For one thread.

    Attributes:
        model, data: the MjModel and an MjData.

    Args:
        mujoco: the module.
        model: the MjModel.
    """

    def __init__(self, mujoco: Any, model: Any) -> None:
        self.mujoco, self.model, self.data = mujoco, model, mujoco.MjData(model)

    def put(self, qpos: Array) -> None:
        """Put all joints somewhere, shape (nq,)."""
        self.data.qpos[:] = qpos
        self.mujoco.mj_kinematics(self.model, self.data)

    def ends(self, joint: int, sweep: float = _SWEEP) -> tuple[float, float]:
        """The range of a joint; -sweep to sweep where it has none."""
        if self.model.jnt_limited[joint]:
            low, high = self.model.jnt_range[joint]
            return float(low), float(high)
        return -sweep, sweep


def find_points(kinematics: Kinematics, limb: Limb, home: Array, with_tool: bool) -> LimbPoints:
    """Find the points of a limb.

    Args:
        kinematics: of the model.
        limb: which one.
        home: shape (nq,), where all joints are at home.
        with_tool: whether it ends in its tool, not in its wrist.
    """
    kinematics.put(home)
    tool = _tool(kinematics, limb) if with_tool else None
    tip = tool or _last(kinematics, limb)
    bend = _bend(kinematics, limb, home, tip)
    if tool is None and bend < len(limb.joints) - 1:
        tip = _body(kinematics.model, limb.bodies[-1])  # beyond the middle: a wrist of its own
        bend = _bend(kinematics, limb, home, tip)
    kinematics.put(home)
    middle = _at_joint(kinematics, limb.joints[bend])
    origin = _origin(kinematics, limb, bend)
    return LimbPoints(limb, origin, middle, tip, bend)


def _body(model: Any, row: int) -> Point:
    return Point(str(model.body(row).name), "body", row)


def _fixed(model: Any, body: int) -> list[int]:
    """Bodies that go with a body without a joint, itself first."""
    found = [body]
    for row in range(body + 1, model.nbody):
        if int(model.body_parentid[row]) in found and not model.body_jntnum[row]:
            found.append(row)
    return found


def _tool(kinematics: Kinematics, limb: Limb) -> Point | None:
    """A site or body at the end of a limb whose name says that it is its tool."""
    model = kinematics.model
    carried = _fixed(model, limb.bodies[-1])
    sites = [i for i in range(model.nsite) if int(model.site_bodyid[i]) in carried and model.site(i).name]
    for word in names.TOOL:
        for site in sites:
            if word in names.words(str(model.site(site).name)):
                return Point(str(model.site(site).name), "site", site)
        for body in reversed(carried[1:]):
            if word in names.words(str(model.body(body).name)):
                return _body(model, body)
    named = [body for body in carried[1:] if names.words(str(model.body(body).name)) & {"hand", "palm"}]
    return _body(model, named[-1]) if named else None


def _last(kinematics: Kinematics, limb: Limb) -> Point:
    """The end of a limb: the furthest that its last body carries, or twice its center of mass."""
    model, data = kinematics.model, kinematics.data
    last, anchor = limb.bodies[-1], np.array(data.xanchor[limb.joints[-1]])
    far = [(float(np.linalg.norm(data.xpos[b] - anchor)), _body(model, b)) for b in _fixed(model, last)]
    for site in range(model.nsite):
        if int(model.site_bodyid[site]) in _fixed(model, last) and model.site(site).name:
            way = float(np.linalg.norm(data.site_xpos[site] - anchor))
            far.append((way, Point(str(model.site(site).name), "site", site)))
    way, point = max(far, key=lambda one: one[0])
    if way > _SHORT_M:
        return point
    x, y, z = (2.0 * model.body_ipos[last] / _CENTIMETER).round() * _CENTIMETER
    return Point(str(model.body(last).name), "body", last, (float(x), float(y), float(z)))


def _bend(kinematics: Kinematics, limb: Limb, home: Array, tip: Point) -> int:
    """Place of the joint that changes the distance between the limb's ends most, far from both of them."""
    model, spreads = kinematics.model, []
    kinematics.put(home)
    origin = _meeting(kinematics, limb, min(2, len(limb.joints)))
    end = tip.position(kinematics.data)
    for joint in limb.joints:
        kinematics.put(home)
        anchor = np.array(kinematics.data.xanchor[joint])
        shorter = min(float(np.linalg.norm(anchor - origin)), float(np.linalg.norm(anchor - end)))
        low, high = kinematics.ends(joint)
        lengths = []
        for value in np.linspace(low, high, _SAMPLES):
            qpos = home.copy()
            qpos[model.jnt_qposadr[joint]] = value
            kinematics.put(qpos)
            lengths.append(float(np.linalg.norm(tip.position(kinematics.data) - origin)))
        spreads.append(shorter * (max(lengths) - min(lengths)))
    spreads[0] = 0.0  # what is moved by the first alone is the whole limb
    return int(np.argmax(spreads))


def _meeting(kinematics: Kinematics, limb: Limb, count: int) -> Array:
    """The point nearest to the axes of a limb's first joints; where they are parallel, the last one's."""
    data = kinematics.data
    anchors = np.array([data.xanchor[j] for j in limb.joints[:count]])
    axes = np.array([data.xaxis[j] for j in limb.joints[:count]])
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    if np.linalg.svd(across.sum(axis=0), compute_uv=False)[-1] < _PARALLEL:
        return np.asarray(anchors[-1])
    return np.asarray(np.linalg.solve(across.sum(axis=0), np.einsum("nij,nj->i", across, anchors)))


def _origin(kinematics: Kinematics, limb: Limb, bend: int) -> Point:
    """The last body before the middle that is about as far from it as the limb's first."""
    anchors = np.array([kinematics.data.xanchor[j] for j in limb.joints[: bend + 1]])
    ways = np.linalg.norm(anchors[:-1] - anchors[-1], axis=-1)
    far = np.flatnonzero(ways >= _AS_FAR * ways.max(initial=0.0))
    return _at_joint(kinematics, limb.joints[int(far[-1]) if len(far) else 0])


def _at_joint(kinematics: Kinematics, joint: int) -> Point:
    """The body of a joint, or the point beside it where the joint is."""
    model = kinematics.model
    body = int(model.jnt_bodyid[joint])
    offset = np.asarray(model.jnt_pos[joint])
    if float(np.linalg.norm(offset)) < _CENTIMETER:
        return _body(model, body)
    x, y, z = offset.round(4).tolist()
    return Point(str(model.body(body).name), "body", body, (x, y, z))
