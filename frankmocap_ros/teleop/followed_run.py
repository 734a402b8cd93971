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

"""Which publisher of bodies is followed: one run of one mocap node. What others say is left out, and told.

Ids of people hold within one run of one node only. Those of another node, or of the same node after it was
started again, mean other people; so do positions, where the other node's camera stands elsewhere.
"""

from typing import Final

from frankmocap_ros.teleop.wording import listed

ALIVE_S: Final = 1.0
"""A run is over when nothing of it has come for longer than this."""

FORGOTTEN_S: Final = 20.0
"""Fast DDS lists publishers of a process that crashed for up to so long: its default participant lease."""


class FollowedRun:
    """Follows the first run that is heard, until that is over.

    Attributes:
        topic: full name of the topic, for what is told.
        nodes: full names of the nodes that publish on the topic, one for each publisher, as ROS tells.

    Args:
        topic: its name to begin with.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.nodes: tuple[str, ...] = ()
        self._run_id: int | None = None
        self._heard_s: dict[int, float] = {}  # run -> when it was heard last, of those that are not over

    def follows(self, run_id: int, time_s: float, may_change: bool = True) -> bool:
        """Take note of a message; whether it is of the followed run.

        Args:
            run_id: the message's.
            time_s: now, on a steady clock [s].
            may_change: whether another run may be followed where the followed one is over.
        """
        self._forget(time_s)
        self._heard_s[run_id] = time_s
        if self._run_id is None or (may_change and self._run_id not in self._heard_s):
            self._run_id = run_id
        return run_id == self._run_id

    def conflict(self, time_s: float) -> str:
        """Why nobody can be sure whom a message is about, with the next step; empty where all is well."""
        self._forget(time_s)
        if len(self.nodes) > 1:
            return (
                f"{len(self.nodes)} publishers on {self.topic}: {listed(self.nodes)}; stop all but one, or "
                f"give each a topic of its own (one that crashed is forgotten within {FORGOTTEN_S:g} s)"
            )
        if self._heard_s.keys() - {self._run_id}:
            who = self.nodes[0] if self.nodes else "the mocap node"
            return (
                f"{self.topic} carries bodies of another run: {who} was restarted, or a second publisher "
                f"started; when only one has published for {ALIVE_S:g} s, engage again"
            )
        return ""

    def _forget(self, time_s: float) -> None:
        self._heard_s = {run: s for run, s in self._heard_s.items() if time_s - s <= ALIVE_S}
