"""Conversion between sensor_msgs images and pixels; a message is whatever has its fields."""

__all__ = ["compressed", "converter", "depth", "encodings", "headers", "images", "raw_pixels", "video"]
