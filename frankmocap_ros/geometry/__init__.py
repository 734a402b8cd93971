"""Rotations, cameras, boxes and how they fit together. Pure functions on arrays."""
