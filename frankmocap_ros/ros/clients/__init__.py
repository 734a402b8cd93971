"""Nodes that listen: for the demo, the bench and the tests."""

__all__ = [
    "pick_player",
    "body_recorder",
    "receiver",
    "robot_watcher",
    "watcher",
]
