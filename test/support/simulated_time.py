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
