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

"""A /clock for nodes that follow simulated time."""

from builtin_interfaces.msg import Time
from rosgraph_msgs.msg import Clock


class SimulatedTime:
    """A /clock that stands until it is set."""

    def __init__(self, system):
        self.system = system
        self.publisher = system.publisher(Clock, "/clock")

    def set(self, ns):
        """Publish a time; the node goes by it."""
        sec, nanosec = divmod(ns, 10**9)
        self.publisher.publish(Clock(clock=Time(sec=sec, nanosec=nanosec)))
        self.system.wait_until(lambda: self.system.mocap.get_clock().now().nanoseconds == ns)
