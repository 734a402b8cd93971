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

"""Bytes of a ``rcl_interfaces/msg/ParameterEvent``, as the middleware would write them.

rclpy's ``serialize_message`` appends whatever is in memory where it estimates the size too large (rclpy 9.1),
and strict readers refuse such messages.
"""

from collections.abc import Iterable
from typing import Any, Final

from frankmocap_ros.recording.cdr import Cdr

PARAMETER_EVENT: Final = "rcl_interfaces/msg/ParameterEvent"
TOPIC: Final = "/parameter_events"


def parameter_event(stamp_ns: int, node: str, parameters: Iterable[tuple[str, Any]]) -> bytes:
    """An event that says which parameters a node has, as new ones.

    Args:
        stamp_ns: when [ns].
        node: its full name.
        parameters: names, and values with the fields of ``rcl_interfaces/msg/ParameterValue``.
    """
    cdr = Cdr()
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    cdr.number("i", seconds)
    cdr.number("I", nanoseconds)
    cdr.text(node)
    pairs = list(parameters)
    cdr.number("I", len(pairs))
    for name, value in pairs:
        cdr.text(name)
        _write_value(cdr, value)
    cdr.number("I", 0)  # changed ones
    cdr.number("I", 0)  # deleted ones
    return cdr.finish()


def _write_value(cdr: Cdr, value: Any) -> None:
    cdr.number("B", value.type)
    cdr.number("?", value.bool_value)
    cdr.number("q", value.integer_value)
    cdr.number("d", value.double_value)
    cdr.text(value.string_value)
    cdr.numbers(
        "B", [byte[0] if isinstance(byte, bytes) else int(byte) & 0xFF for byte in value.byte_array_value]
    )
    cdr.numbers("?", value.bool_array_value)
    cdr.numbers("q", value.integer_array_value)
    cdr.numbers("d", value.double_array_value)
    cdr.number("I", len(value.string_array_value))
    for text in value.string_array_value:
        cdr.text(text)
