"""Parameters as an episode keeps them: bytes that readers take which allow nothing behind a message."""

import pytest
from rcl_interfaces.msg import Parameter, ParameterEvent, ParameterValue
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.typesys import Stores, get_typestore

from frankmocap_ros.ros.recorder.parameter_snapshots import event_bytes

STORE = get_typestore(Stores.ROS2_JAZZY)


@pytest.mark.parametrize("count", [0, 1, 3, 120])
def test_nothing_is_behind_a_message(count):
    parameters = [
        Parameter(name=f"setting_{i}", value=ParameterValue(type=4, string_value="x" * (i % 7)))
        for i in range(count)
    ]
    event = ParameterEvent(node="/gate", new_parameters=parameters)
    data = event_bytes(event)
    assert deserialize_message(data, ParameterEvent) == event
    found = STORE.deserialize_cdr(data, "rcl_interfaces/msg/ParameterEvent")
    assert [one.name for one in found.new_parameters] == [one.name for one in parameters]
    assert len(data) <= len(serialize_message(event))
