"""Bodies as RViz markers: bones in one LINE_LIST colored by state, a text above the head."""

from geometry_msgs.msg import Point, Quaternion, Vector3
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from frankmocap_ros.body.pose import Body, Frame, JointState

_COLORS = {
    JointState.TRACKED: ColorRGBA(r=0.1, g=0.8, b=0.3, a=1.0),
    JointState.PREDICTED: ColorRGBA(r=1.0, g=0.7, b=0.1, a=1.0),
    JointState.HELD: ColorRGBA(r=0.9, g=0.2, b=0.2, a=0.8),
}
LIFETIME = Duration(seconds=1).to_msg()  # nothing stays when the node dies
_BONES, _TEXT = "bones", "text"


class MarkerMaker:
    """Makes the markers of each frame, and remembers whose must be deleted."""

    def __init__(self) -> None:
        self._shown: set[int] = set()

    def make(self, frame: Frame, header: Header, age_ms: float) -> MarkerArray:
        """Markers of all people in the frame, and DELETE for those who left."""
        here = {body.id for body in frame.bodies}
        markers = [
            Marker(header=header, ns=ns, id=body_id, action=Marker.DELETE)
            for body_id in sorted(self._shown - here)
            for ns in (_BONES, _TEXT)
        ]
        for body in frame.bodies:
            markers.append(_bones(body, header))
            markers.append(_text(body, header, age_ms, frame))
        self._shown = here
        return MarkerArray(markers=markers)


def _marker(body: Body, header: Header, ns: str, kind: int) -> Marker:
    marker = Marker(header=header, ns=ns, id=body.id, type=kind, action=Marker.ADD, lifetime=LIFETIME)
    marker.pose.orientation = Quaternion(w=1.0)
    return marker


def _bones(body: Body, header: Header) -> Marker:
    """Every bone whose two ends are known, in the color of the less certain end."""
    marker = _marker(body, header, _BONES, Marker.LINE_LIST)
    marker.scale = Vector3(x=0.02)
    states = body.states.tolist()
    points = [Point(x=x, y=y, z=z) for x, y, z in body.positions.tolist()]
    for joint, parent in enumerate(body.skeleton.parents):
        if parent < 0 or JointState.INVALID in (states[joint], states[parent]):
            continue
        color = _COLORS[JointState(max(states[joint], states[parent]))]
        marker.points += [points[parent], points[joint]]
        marker.colors += [color, color]
    return marker


def _text(body: Body, header: Header, age_ms: float, frame: Frame) -> Marker:
    """Id, estimator and age above the highest known joint."""
    marker = _marker(body, header, _TEXT, Marker.TEXT_VIEW_FACING)
    known = body.positions[body.states != JointState.INVALID]
    if len(known):
        x, y, z = (known[(known @ frame.up).argmax()] + 0.25 * frame.up).tolist()
        marker.pose.position = Point(x=x, y=y, z=z)
    marker.scale = Vector3(z=0.12)
    marker.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
    role = " operator" if body.id == frame.operator_id else ""
    marker.text = f"{body.id}{role}\n{body.estimator} {age_ms:.0f} ms"
    return marker
