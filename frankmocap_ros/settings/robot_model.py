"""The setting ``robot_model``, which several nodes have."""

from typing import Final

FROM_TOPIC: Final = "topic"
"""Value of ``robot_model`` for a model that comes over a topic."""
ROBOT_MODEL: Final = (
    "URDF, xacro or MJCF of the robot, if its map has none; topic (or topic:/NAME) takes what "
    "robot_state_publisher publishes on robot_description (or on that topic). Empty uses the map's own, or "
    "the folder FRANKMOCAP_ROBOTS_DIR."
)
"""Text of the setting ``robot_model``, the same of every node that has one."""

_DEFAULT: Final = "robot_description"


def topic_of(setting: str) -> str:
    """The topic that a value of ``robot_model`` names; empty where it names a file."""
    what, _, told = setting.partition(":")
    if what != FROM_TOPIC or told.startswith("//"):
        return ""
    return told.strip() or _DEFAULT
