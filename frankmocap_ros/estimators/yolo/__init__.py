"""YOLO's pose networks: everybody in an image, with boxes and COCO's 17 keypoints."""

__all__ = ["decoding", "detector", "estimator", "network"]
