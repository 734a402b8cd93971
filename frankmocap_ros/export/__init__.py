"""Frames in the formats of other programs."""
