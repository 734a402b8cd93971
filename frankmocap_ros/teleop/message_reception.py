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

"""Which messages with bodies a controller takes, why the others are left out, and why none is fresh."""

import math

from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.runtime.stamp_watch import FUTURE_S
from frankmocap_ros.teleop.followed_run import ALIVE_S, FollowedRun

_REASONS = ("same stamp", "earlier stamp", "stamp in the future", "unreadable", "another publisher")


class MessageReception:
    """Takes the messages of one publisher, in the order of their stamps. Times are of the controller's clock.

    Attributes:
        run: which publisher's messages are followed.
        ignored: number of messages that were left out, by reason.
        stamp_fault: what is wrong with the stamps of messages, with the next step; empty for nothing. Set by
            whoever knows their clock, before a message is taken.

    Args:
        topic: of the messages.
    """

    def __init__(self, topic: str) -> None:
        self.run = FollowedRun(topic)
        self.ignored: dict[str, int] = dict.fromkeys(_REASONS, 0)
        self.stamp_fault = ""
        self._order = StampOrder()
        self._taken_run: int | None = None  # of the last message that was taken
        self._heard_s = -math.inf

    def follows(self, run_id: int, time_s: float, may_change: bool) -> bool:
        """Whether a message of this run is to be taken; counts it where it is not.

        Args:
            run_id: the message's.
            time_s: now [s].
            may_change: whether another run may be followed where the followed one is over.
        """
        follows = self.run.follows(run_id, time_s, may_change)
        self.ignored["another publisher"] += not follows
        return follows

    def changes_run(self, run_id: int) -> bool:
        """Whether a message that is taken is of another run than the last one: its stamps are its own."""
        if run_id == self._taken_run:
            return False
        self._taken_run = run_id
        self._order.reset()
        return True

    def arrival(self, captured_s: float, time_s: float, may_restart: bool) -> Arrival | None:
        """What a message's stamp is to those before it; counts the message where it is to be left out.

        Args:
            captured_s: the stamp [s].
            time_s: now [s].
            may_restart: whether a RESTART is taken, as NEXT always is.

        Returns:
            None for a stamp in the future, or one that is no time.
        """
        self._heard_s = time_s
        if not captured_s <= time_s + FUTURE_S:  # also NaN
            self.ignored["stamp in the future"] += 1
            return None
        arrival = self._order.classify(captured_s, may_restart)
        if arrival is Arrival.SAME:
            self.ignored["same stamp"] += 1
        elif arrival is Arrival.LATE or (arrival is Arrival.RESTART and not may_restart):
            self.ignored["earlier stamp"] += 1
        return arrival

    def stamp_problem(self, time_s: float) -> str:
        """What is wrong with the stamps of the messages that come; empty where none come."""
        return self.stamp_fault if self._coming(time_s) else ""

    def why_unseen(self, time_s: float) -> str:
        """Why nothing fresh is seen, with the next step."""
        if self._coming(time_s):
            return self.stamp_fault
        topic, nodes = self.run.topic, ", ".join(self.run.nodes)
        if not nodes:
            return f"nobody publishes {topic}; start the mocap node, or set bodies to its topic"
        return (
            f"{nodes} publishes nothing on {topic}; see in /diagnostics whether it is active and gets images"
        )

    def _coming(self, time_s: float) -> bool:
        return time_s - self._heard_s <= ALIVE_S
