"""Nodes that listen: for the demo, the bench and the tests."""

__all__ = [
    "body_recorder",
    "pick_player",
    "receiver",
    "robot_watcher",
    "watcher",
]
