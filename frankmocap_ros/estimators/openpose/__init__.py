"""The 2D pose network of OpenPose: heat maps and part affinity fields to people."""

__all__ = ["fitting", "grouping", "network", "parts", "peaks", "people"]
