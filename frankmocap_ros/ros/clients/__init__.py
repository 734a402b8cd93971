"""Nodes that listen: for the demo, the bench and the tests."""

__all__ = [
    "body_recorder",
    "receiver",
    "robot_watcher",
    "watcher",
]
