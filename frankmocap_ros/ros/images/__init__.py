"""Conversion between sensor_msgs images and pixels."""

__all__ = ["compressed", "converter", "encodings", "headers", "images", "raw_pixels"]
