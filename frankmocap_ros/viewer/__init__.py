"""The browser view: scene, panel and widgets. Independent of ROS."""

__all__ = ["panel", "robot", "scene", "texts", "viser_internals", "web", "widgets"]
