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

"""What of a map drives joints beside its targets: grippers and hands, each joint by one of them."""

from collections.abc import Mapping, Sequence

from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap
from frankmocap_ros.teleop.robot_map.gripper_map import GripperMap
from frankmocap_ros.teleop.robot_map.hand_map import HandMap
from frankmocap_ros.teleop.robot_map.map_values import MapValues


def driven_by(reader: MapValues, grippers: Sequence[GripperMap], hands: Sequence[HandMap]) -> dict[str, str]:
    """Joint that is driven -> what of the map drives it.

    Raises:
        RobotError: a joint is of a gripper and of a hand.
    """
    found = {joint: f"grippers.{gripper.side}" for gripper in grippers for joint in gripper.joints}
    for hand in hands:
        for joint in hand.joints:
            if joint in found:
                raise reader.wrong(hand.key, f"{joint} is in {found[joint]}, too; a joint is of one of them")
            found[joint] = hand.key
    return found


def check_controllers(
    reader: MapValues, controllers: Mapping[str, ControllerMap], hands: Sequence[HandMap]
) -> None:
    """Refuse a map whose controllers leave a hand without one.

    Raises:
        RobotError: the map has controllers, and none has a joint of a hand.
    """
    owned = {joint for controller in controllers.values() for joint in controller.joints}
    for hand in hands:
        without = [joint for joint in hand.joints if joint not in owned]
        if owned and without:
            raise reader.wrong("controllers", f"none has {without[0]} of {hand.key}; give it one")
