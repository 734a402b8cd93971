"""The 21 points of a figure's hand that opens and shuts: all fingers close towards the thumb."""

from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, HAND_POINTS
from frankmocap_ros.geometry.rotation import Array, normalize, quat_from_rotvec, quat_multiply, quat_rotate
from frankmocap_ros.synthetic.human import HumanPose

_J: Final = BODY_WITH_HANDS.index
_FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
# turns about the axes of a right wrist's joint, from knuckle to tip [rad]: about z fingers bend to the palm,
# about y the thumb goes along it
_OPEN: Final = {"thumb": (-0.3, 0.0, 0.0), "other": (0.05, 0.1, 0.05)}
_SHUT: Final = {"thumb": (0.55, 0.25, 0.3), "other": (0.95, 0.95, 0.35)}
_THUMB_DOWN: Final = 0.65  # of the thumb's first joint towards the palm, where it is shut
_TIP: Final = 0.8  # length of the last bone in that of the one before


def hand_points(figure: HumanPose, side: str, opening: float) -> Array:
    """Where a hand's points are, shape (21, 3), in the optical frame, in the order of ``HAND_POINTS`` [m].

    Args:
        figure: gives the wrist, and how large the hand is; its own fingers do not count.
        side: ``left`` or ``right``, the person's.
        opening: 0 shut, the tips of thumb and index together, to 1 open.
    """
    sign = 1.0 if side == "right" else -1.0
    wrist = _J[f"{side}_wrist"]
    points = [figure.positions[wrist]]
    for finger in _FINGERS:
        kind = "thumb" if finger == "thumb" else "other"
        bends = opening * np.array(_OPEN[kind]) + (1.0 - opening) * np.array(_SHUT[kind])
        turn, at = figure.orientations_xyzw[wrist], figure.positions[wrist]
        for k, bend in enumerate(bends.tolist(), start=1):
            offset = _offset(figure, side, finger, k)
            at = at + quat_rotate(turn, offset)
            points.append(at)
            turns = (0.0, -sign * bend, 0.0) if finger == "thumb" else (0.0, 0.0, sign * bend)
            turn = quat_multiply(turn, quat_from_rotvec(np.array(turns)))
            if finger == "thumb" and k == 1:
                down = (0.0, 0.0, sign * (1.0 - opening) * _THUMB_DOWN)
                turn = quat_multiply(turn, quat_from_rotvec(np.array(down)))
        points.append(at + _TIP * quat_rotate(turn, offset))
    return np.array(points)


def _offset(figure: HumanPose, side: str, finger: str, k: int) -> Array:
    """Of a finger's joint in the frame of the one before, in the rest pose, shape (3,) [m]."""
    joint = _J[f"{side}_{finger}{k}"]
    offset: Array = figure.offsets[joint]
    if k > 1:
        return offset
    parent = BODY_WITH_HANDS.parents[joint]
    while parent != _J[f"{side}_wrist"]:
        offset = offset + figure.offsets[parent]
        parent = BODY_WITH_HANDS.parents[parent]
    return offset


def palm_normal(points: Array, side: str) -> Array:
    """Direction out of the palm, shape (3,), of points in the order of ``HAND_POINTS``."""
    index, pinky = (HAND_POINTS.index(name) for name in ("index1", "pinky1"))
    normal = np.cross(points[index] - points[0], points[pinky] - points[0])
    return np.asarray(normalize(normal if side == "right" else -normal))
