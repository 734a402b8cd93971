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

"""What forbids to follow, whatever the operator does: other publishers, the robot, and what is around it."""

from collections.abc import Sequence

from frankmocap_ros.teleop.followed_run import FollowedRun
from frankmocap_ros.teleop.gate import Gate, State
from frankmocap_ros.teleop.robot_stop import RobotStop
from frankmocap_ros.teleop.wording import numbered


class Objections:
    """Lets the gate go where there is one, and tells them to who asks. Times are of the gate's clock [s].

    Attributes:
        run: which publisher's messages are followed.
        stops: what ends following on the robot's side.
        refusals: why nothing may be engaged, as the checks around the robot say, each with the next step.

    Args:
        gate: what is let go.
        run: see there.
    """

    def __init__(self, gate: Gate, run: FollowedRun) -> None:
        self.run = run
        self.stops: tuple[RobotStop, ...] = ()
        self.refusals: tuple[str, ...] = ()
        self._gate = gate
        self._commands_conflict = ""
        self._conflict = ""  # as told last

    def published_by(self, nodes: tuple[str, ...], time_s: float) -> None:
        """Take note of who publishes bodies now: a full node name for each publisher."""
        self.run.nodes = nodes
        self.check_conflict(time_s)

    def checked(self, refusals: Sequence[str], conflict: str, time_s: float) -> None:
        """Take note of what is wrong around the robot now.

        Args:
            refusals: why nothing may be engaged, each with the next step; what waits to be engaged is let go.
            conflict: why following must end as well, with the next step; empty where it need not.
            time_s: now [s].
        """
        self.refusals = tuple(refusals)
        self._commands_conflict = conflict
        self.check_conflict(time_s)
        if self.refusals and self._gate.state is State.ARMING:
            self._gate.release(numbered(self.refusals), time_s)

    def conflict(self, time_s: float) -> str:
        """Why another publisher, of bodies or of commands, forbids to follow; empty where none does."""
        return numbered((self.run.conflict(time_s), self._commands_conflict))

    def check_conflict(self, time_s: float) -> None:
        """Let go where there is another publisher; say who it is once that is known."""
        before, self._conflict = self._conflict, self.conflict(time_s)
        if self._conflict:
            if before:
                self._gate.reword(before, self._conflict)
            self._gate.lose(self._conflict, time_s)

    def stop_refusal(self, time_s: float) -> str:
        """Why the robot itself refuses a request now, with the next step; empty where it does not."""
        return next((text for stop in self.stops if (text := stop.refusal(time_s))), "")

    def check_stops(self, time_s: float) -> None:
        """Let go where the robot itself says so."""
        for one in self.stops:
            stop = one.stop(time_s)
            if stop is not None and stop.hold:
                self._gate.lose(stop.reason, time_s)
            elif stop is not None:
                self._gate.release(stop.reason, time_s)
