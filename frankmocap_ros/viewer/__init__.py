"""The browser view: scene, panel and widgets. Independent of ROS."""

__all__ = [
    "gate_bar",
    "gate_signal",
    "panel",
    "robot",
    "scene",
    "texts",
    "tones",
    "viser_internals",
    "web",
    "widgets",
]
