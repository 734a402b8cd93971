"""MediaPipe's BlazePose."""

__all__ = [
    "estimator",
    "graphs",
]
