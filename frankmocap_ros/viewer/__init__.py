"""The browser view: scene, panel and widgets. Independent of ROS."""

__all__ = [
    "drawn_parts",
    "gate_bar",
    "gate_signal",
    "grip_bars",
    "link_capsules",
    "mesh_reduction",
    "panel",
    "people",
    "record_panel",
    "robot",
    "robot_meshes",
    "scene",
    "texts",
    "tones",
    "vertex_clustering",
    "viser_internals",
    "web",
    "widgets",
]
