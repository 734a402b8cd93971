"""What a gripper is to do."""

from dataclasses import dataclass

from frankmocap_ros.body.pose import JointState


@dataclass(frozen=True)
class Grip:
    """How far one gripper is to be open now; same meaning as ``Grip.msg``.

    Attributes:
        side: ``left`` or ``right``, the robot's.
        opening: 0 shut to 1 open.
        speed: how fast the opening changes [1/s].
        state: HELD where the hand is not seen, nothing is followed, or a pedal has to take over again;
            INVALID where nobody has taken over since the engagement began. The gripper stays in both.
        confidence: of what was measured, 0..1.
    """

    side: str
    opening: float
    speed: float = 0.0
    state: JointState = JointState.INVALID
    confidence: float = 0.0
