"""BodyPoseArray messages to what the gate sees of the operator."""

from collections.abc import Sequence

import numpy as np

from frankmocap_ros.geometry import IDENTITY_XYZW
from frankmocap_ros.msg import BodyPoseArray, JointPose
from frankmocap_ros.teleop.sight import Poses, Sight

_FOLLOWED = (JointPose.TRACKED, JointPose.PREDICTED)


def sight(msg: BodyPoseArray, watched: Sequence[str], captured_s: float) -> Sight:
    """What a message says of the operator; nobody where there is none.

    Args:
        msg: the message.
        watched: names of joints.
        captured_s: the message's stamp, on the caller's clock [s].
    """
    n = len(watched)
    positions, orientations = np.zeros((n, 3)), np.tile(IDENTITY_XYZW, (n, 1))
    confidence = np.zeros(n)
    valid, oriented, tracked = np.zeros((3, n), dtype=bool)
    operator_id = 0
    body = next((b for b in msg.bodies if b.id == msg.operator_id), None) if msg.operator_id else None
    if body is not None and body.has_3d:
        operator_id = int(body.id)
        joints = {joint.name: joint for joint in body.joints}
        for i, name in enumerate(watched):
            joint = joints.get(name)
            if joint is None or joint.state not in _FOLLOWED:
                continue
            p, q = joint.pose.position, joint.pose.orientation
            positions[i] = p.x, p.y, p.z
            orientations[i] = q.x, q.y, q.z, q.w
            confidence[i] = joint.confidence
            valid[i], tracked[i] = True, joint.state == JointPose.TRACKED
            oriented[i] = body.has_orientation and joint.orientation_confidence > 0.0
    return Sight(
        captured_s, operator_id, Poses(positions, orientations, confidence, valid, oriented), tracked
    )
