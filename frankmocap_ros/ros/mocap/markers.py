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

"""Bodies as RViz markers: bones and hands as LINE_LISTs colored by state, a text above the head."""

from geometry_msgs.msg import Point, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from frankmocap_ros.body.covariance import ellipsoids
from frankmocap_ros.body.drawing import HELD_OPACITY
from frankmocap_ros.body.pose import Body, Frame, JointState
from frankmocap_ros.body.skeleton import HAND_BONES
from frankmocap_ros.ros.common.marker_style import COLORS, LIFETIME, SPACE_WIDTH_M, TEXT_HEIGHT_M

_BONES, _HANDS, _TEXT, _STDDEV = "bones", "hands", "text", "stddev"


class MarkerMaker:
    """Makes the markers of each frame, and remembers which must be deleted.

    Attributes:
        ellipsoids: whether to show how far joints may be off.
    """

    def __init__(self) -> None:
        self.ellipsoids = False
        self._shown: set[tuple[str, int]] = set()

    def make(self, frame: Frame, header: Header, age_ms: float) -> MarkerArray:
        """Markers of all people in the frame, and DELETE for those that are gone."""
        markers = []
        for body in frame.bodies:
            markers.append(_bones(body, header))
            if body.hands:
                markers.append(_hands(body, header))
            markers.append(_text(body, header, age_ms, frame))
            if self.ellipsoids:
                markers += _ellipsoids(body, header, frame)
        here = {(marker.ns, marker.id) for marker in markers}
        gone = [
            Marker(header=header, ns=ns, id=number, action=Marker.DELETE)
            for ns, number in sorted(self._shown - here)
        ]
        self._shown = here
        return MarkerArray(markers=gone + markers)


def _marker(body: Body, header: Header, ns: str, kind: int) -> Marker:
    marker = Marker(header=header, ns=ns, id=body.id, type=kind, action=Marker.ADD, lifetime=LIFETIME)
    marker.pose.orientation = Quaternion(w=1.0)
    return marker


def _bones(body: Body, header: Header) -> Marker:
    """Every bone whose two ends are known, in the color of the less certain end.

    Fingers are left to the hands where the body has these.
    """
    marker = _marker(body, header, _BONES, Marker.LINE_LIST)
    marker.scale = Vector3(x=0.02)
    states, skeleton = body.states.tolist(), body.skeleton
    points = [Point(x=x, y=y, z=z) for x, y, z in body.positions.tolist()]
    for parent, joint in skeleton.bones_without_fingers if body.hands else skeleton.bones:
        if JointState.INVALID in (states[joint], states[parent]):
            continue
        color = COLORS[JointState(max(states[joint], states[parent]))]
        marker.points += [points[parent], points[joint]]
        marker.colors += [color, color]
    return marker


def _hands(body: Body, header: Header) -> Marker:
    """The bones of the hands that are known, each in the color of its state; HELD ones are faint."""
    marker = _marker(body, header, _HANDS, Marker.LINE_LIST)
    marker.scale = Vector3(x=0.008)
    for hand in body.hands:
        if hand.state == JointState.INVALID:
            continue
        color = COLORS[hand.state]
        if hand.state == JointState.HELD:
            color = ColorRGBA(r=color.r, g=color.g, b=color.b, a=HELD_OPACITY)
        points = [Point(x=x, y=y, z=z) for x, y, z in hand.points.tolist()]
        marker.points += [points[end] for bone in HAND_BONES for end in bone]
        marker.colors += [color] * (2 * len(HAND_BONES))
    return marker


def _ellipsoids(body: Body, header: Header, frame: Frame) -> list[Marker]:
    """Where each joint is within one standard deviation, in the color of its state."""
    found = ellipsoids(body.positions, body.position_stddev, frame.camera_position)
    rows = zip(
        found.rows.tolist(),
        found.positions.tolist(),
        found.orientations_xyzw.tolist(),
        (2.0 * found.radii).tolist(),
        strict=True,
    )
    markers = []
    for row, (x, y, z), (qx, qy, qz, qw), (dx, dy, dz) in rows:
        if body.states[row] == JointState.INVALID:
            continue
        marker = _marker(body, header, f"{_STDDEV}/{body.skeleton.names[row]}", Marker.SPHERE)
        marker.pose.position = Point(x=x, y=y, z=z)
        marker.pose.orientation = Quaternion(x=qx, y=qy, z=qz, w=qw)
        marker.scale = Vector3(x=dx, y=dy, z=dz)
        color = COLORS[JointState(int(body.states[row]))]
        marker.color = ColorRGBA(r=color.r, g=color.g, b=color.b, a=0.3)
        markers.append(marker)
    return markers


def _text(body: Body, header: Header, age_ms: float, frame: Frame) -> Marker:
    """Id, estimator and age above the highest known joint."""
    marker = _marker(body, header, _TEXT, Marker.TEXT_VIEW_FACING)
    known = body.positions[body.states != JointState.INVALID]
    if len(known):
        x, y, z = (known[(known @ frame.up).argmax()] + 0.25 * frame.up).tolist()
        marker.pose.position = Point(x=x, y=y, z=z)
    marker.scale = Vector3(x=SPACE_WIDTH_M, z=TEXT_HEIGHT_M)
    marker.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
    role = " operator" if body.id == frame.operator_id else ""
    marker.text = f"{body.id}{role}\n{body.estimator} {age_ms:.0f} ms"
    return marker
