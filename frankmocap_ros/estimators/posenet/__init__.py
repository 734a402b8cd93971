"""PoseNet: one network over the whole image, and the published decoding of several people."""

__all__ = ["decoding", "estimator"]
