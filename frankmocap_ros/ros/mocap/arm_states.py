"""The joint angles of the operator's arms as a message."""

from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame


class ArmStates:
    """One JointState, refilled for every frame. For one thread; publish before the next ``message``."""

    def __init__(self) -> None:
        self._arms = ArmAngles()
        self._message = JointState()

    def message(self, frame: Frame, header: Header) -> JointState | None:
        """Names and positions [rad] of the joints that are known; the header is the image's.

        None where there is no operator, or nothing is known of either arm.
        """
        if not frame.operator_id or not frame.bodies:
            return None
        angles = self._arms.of(frame.bodies[0])
        if not angles:
            return None
        message = self._message
        message.header, message.name, message.position = header, list(angles), list(angles.values())
        return message
