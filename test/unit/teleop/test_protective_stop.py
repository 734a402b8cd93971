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

"""What the robot's driver says of its protective stop, and what the gate makes of it."""

import pytest

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.protective_stop import ProtectiveStop

CONFIG = updated(GateSettings(), {"protective_stop_topic": "estop"})


def make(**values):
    return ProtectiveStop(updated(CONFIG, values))


@pytest.mark.parametrize("active", [True, False])
def test_while_it_says_stopped_nothing_is_engaged(active):
    stop = make(protective_stop_active=active)
    stop.hear(not active, 0.0)
    assert not stop.refusal(0.0) and stop.stop(0.0) is None
    stop.hear(active, 1.0)
    reason = stop.stop(1.0).reason
    assert not stop.stop(1.0).hold, "commands end at once"
    assert f"estop is {str(active).lower()}" in reason and "clear the stop at the robot" in reason
    assert stop.refusal(9.0) == reason
    stop.hear(not active, 9.0)
    assert not stop.refusal(9.0) and stop.stop(9.0) is None


def test_a_stop_that_is_over_before_the_next_tick_ends_following_too():
    stop = make()
    stop.hear(False, 0.0)
    stop.hear(True, 1.0)
    stop.hear(False, 1.0)
    assert "protective stop" in stop.stop(1.0).reason
    assert stop.stop(1.01) is None and not stop.refusal(1.01)


def test_silence_is_refused_and_with_a_timeout_ends_following():
    stop = make()
    assert "nothing was received on estop, which says" in stop.refusal(5.0)
    stop.hear(False, 5.0)
    assert not stop.refusal(1e6), "a driver that publishes changes only"
    stop = make(protective_stop_timeout_s=0.5)
    stop.hear(False, 5.0)
    assert not stop.refusal(5.5) and stop.stop(5.5) is None
    assert "estop for 0.5 s (protective_stop_timeout_s)" in stop.refusal(5.51)
    assert "check that the robot's driver runs" in stop.stop(5.51).reason
