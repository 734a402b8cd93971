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

"""Robot hands that are loaded once for all tests of a module."""

import pytest


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A robot hand of the project on an arm, by its name and the method."""
    pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")
    from frankmocap_ros.teleop.hands.robot_hand import load_hands
    from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
    from frankmocap_ros.teleop.robot_map.map_reading import load_map
    from support.robot_hands import write_map

    found = {}

    def loaded(hand, method, **changes):
        if method != "ik":
            pytest.importorskip(
                "dex_retargeting.retargeting_config",
                reason="dex-retargeting is not installed: pip install 'frankmocap_ros[hands]'",
            )
        key = (hand, method, str(changes))
        if key not in found:
            robot = load_map(write_map(tmp_path_factory.mktemp("robot"), hand, method, **changes))
            (found[key],) = load_hands(robot, load_model(robot))
            if method != "ik":  # the limit of postures holds; that of time is for busy machines
                found[key].solver._optimizer.opt.set_maxtime(0.0)
        return found[key]

    return loaded
