"""Serialized BodyPoseArray messages."""

from rclpy.serialization import deserialize_message

from frankmocap_ros.errors import MessageError
from frankmocap_ros.msg import BodyPoseArray


def read_bodies(data: bytes) -> BodyPoseArray:
    """A message from its serialized bytes.

    Raises:
        MessageError: the bytes are not a BodyPoseArray.
    """
    try:
        return deserialize_message(data, BodyPoseArray)
    except RuntimeError as error:  # rclpy's own errors are subclasses
        raise MessageError(f"{len(data)} bytes are not a BodyPoseArray: {error}") from error
