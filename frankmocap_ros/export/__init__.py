"""Frames in the formats of other programs."""

__all__ = ["body_table", "frame_records", "gmr", "json_records", "rep155_model", "rep155_urdf", "sonic"]
