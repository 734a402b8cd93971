"""Nodes that listen: for the demo, the bench and the tests."""

__all__ = ["receiver", "robot_watcher", "watcher"]
