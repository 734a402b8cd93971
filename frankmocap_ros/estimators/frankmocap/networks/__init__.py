"""FrankMocap's networks and body models, written from their published keys, shapes and formulas."""

__all__ = ["body_head", "folded_head", "hand", "hand_head", "hmr", "mesh", "resnet", "smpl", "surface"]
