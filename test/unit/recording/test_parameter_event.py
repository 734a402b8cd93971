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

"""Bytes of parameter events: strict readers take them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.typesys import Stores, get_typestore

from frankmocap_ros.recording.parameter_event import PARAMETER_EVENT, parameter_event

STORE = get_typestore(Stores.ROS2_JAZZY)
VALUE = STORE.types["rcl_interfaces/msg/ParameterValue"]
TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False)


def arrays(of, kind):
    return st.lists(of, max_size=4).map(lambda values: np.array(values, kind))


VALUES = st.builds(
    VALUE,
    type=st.integers(0, 9), bool_value=st.booleans(), integer_value=INTEGERS, double_value=DOUBLES,
    string_value=TEXTS, byte_array_value=arrays(st.integers(-128, 127), np.int8),
    bool_array_value=arrays(st.booleans(), bool), integer_array_value=arrays(INTEGERS, np.int64),
    double_array_value=arrays(DOUBLES, np.float64), string_array_value=st.lists(TEXTS, max_size=3),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.tuples(TEXTS, VALUES), max_size=4))
def test_every_value_is_read_back(node, parameters):
    cdr = parameter_event(1_700_000_000_123_456_789, node, parameters)
    event = STORE.deserialize_cdr(cdr, PARAMETER_EVENT)  # refuses a byte too much or too few
    assert (event.stamp.sec, event.stamp.nanosec, event.node) == (1_700_000_000, 123_456_789, node)
    assert [p.name for p in event.new_parameters] == [name for name, _ in parameters]
    assert bytes(STORE.serialize_cdr(event, PARAMETER_EVENT)) == cdr
    for got, (_, value) in zip(event.new_parameters, parameters, strict=True):
        for field in VALUE.__dataclass_fields__:
            if field != "__msgtype__":
                np.testing.assert_array_equal(getattr(got.value, field), getattr(value, field))


def test_bytes_as_rclpy_has_them():
    rcl = pytest.importorskip("rcl_interfaces.msg", reason="ROS is not installed")
    value = rcl.ParameterValue(type=5, byte_array_value=[b"\x01", b"\xff"])
    event = STORE.deserialize_cdr(parameter_event(1, "/a", [("raw", value)]), PARAMETER_EVENT)
    assert list(event.new_parameters[0].value.byte_array_value.view(np.uint8)) == [1, 255]
