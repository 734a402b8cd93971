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

"""Types of the messages in a bag: from the bag itself, else those of ROS 2 and of this package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from frankmocap_ros.errors import SourceError
from frankmocap_ros.runtime.package_files import share_file

if TYPE_CHECKING:
    from rosbags.interfaces import Connection, MessageDefinition
    from rosbags.typesys.store import Typestore

_IDL_SEPARATOR = 80 * "=" + "\n"


def deserialized(store: Typestore, data: bytes, name: str) -> Any:
    """A message from its bytes; zeros behind it, as ``rclpy.serialization`` leaves them, do not matter."""
    from rosbags.serde import SerdeError

    try:
        return store.deserialize_cdr(data, name)
    except SerdeError:
        kind = store.get_msgdef(name)
        read = kind.deserialize_cdr_le if data[1] else kind.deserialize_cdr_be
        message, end = read(data[4:], 0, kind.cls, store)
        if any(data[4 + end :]):
            raise
        return message


class BagTypes:
    """Decodes the messages of one bag.

    A type is looked at when its first message comes, so that a bad definition spoils nothing else.

    Args:
        shown: what to call the bag.
    """

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._stores: dict[
            tuple[str, str], Typestore
        ] = {}  # by topic and type: two may define it differently

    def decoded(self, connection: Connection, data: bytes) -> Any:
        """One message as an object with its fields as attributes.

        Raises:
            SourceError: its type is not known, or the bytes are not such a message.
        """
        key = connection.topic, connection.msgtype
        if key not in self._stores:
            self._stores[key] = self._store(connection)
        try:
            return deserialized(self._stores[key], data, connection.msgtype)
        except Exception as error:  # of any kind where bytes are damaged
            raise SourceError(
                f"{self._shown}: a message of {connection.topic} is no {connection.msgtype} "
                f"({in_one_line(error)}): the bag is damaged, or was recorded with another definition of "
                "this type; copy or record it again"
            ) from error

    def _store(self, connection: Connection) -> Typestore:
        from rosbags.interfaces import MessageDefinitionFormat
        from rosbags.typesys import Stores, get_typestore

        name, definition = connection.msgtype, connection.msgdef
        blank = not definition.data.strip()  # without fields, or not written
        if definition.format == MessageDefinitionFormat.NONE or (blank and name in known_types().fielddefs):
            store = known_types()
            if name not in store.fielddefs:
                raise SourceError(
                    f"{self._shown}: {connection.topic} is of the type {name}, which neither the bag nor "
                    "this package defines; record it with ros2 bag record of ROS 2 Jazzy or newer, which "
                    "keeps definitions"
                )
            return store
        try:
            store = get_typestore(Stores.EMPTY)
            store.register(_defined(definition, name))
            store.get_msgdef(name)
        except Exception as error:  # a parser's errors
            raise SourceError(
                f"{self._shown}: the bag's definition of {name} ({connection.topic}) cannot be understood "
                f"({in_one_line(error)}); record the bag again"
            ) from error
        return store


def _defined(definition: MessageDefinition, name: str) -> dict[str, Any]:
    """The types in a bag's definition of one type, which has those that it is made of below itself."""
    from rosbags.interfaces import MessageDefinitionFormat
    from rosbags.typesys import get_types_from_idl, get_types_from_msg

    if definition.format == MessageDefinitionFormat.MSG:
        return dict(get_types_from_msg(definition.data, name))
    types: dict[str, Any] = {}
    for part in definition.data.split(_IDL_SEPARATOR):
        text = part.partition("\n")[2] if part.startswith("IDL: ") else part
        if text.strip():
            types.update(get_types_from_idl(text))
    return types


@cache
def known_types() -> Typestore:
    """What ROS 2 brings, and this package's own messages."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.LATEST)
    types: dict[str, Any] = {}
    for file in sorted(share_file("msg", "BodyPoseArray.msg").parent.glob("*.msg")):
        types.update(get_types_from_msg(file.read_text(encoding="utf-8"), f"frankmocap_ros/msg/{file.stem}"))
    store.register(types)
    return store


def in_one_line(error: Exception) -> str:
    """What an error of another package says, to be put in brackets."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
