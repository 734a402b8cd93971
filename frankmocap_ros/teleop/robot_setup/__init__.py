"""A map for a robot that nobody prepared: its limbs found by structure and names."""

__all__ = [
    "accelerations",
    "apart",
    "grippers",
    "limb_points",
    "map_text",
    "names",
    "postures",
    "proposal",
    "skeleton",
    "standing",
    "targets",
]
