"""Camera images in, joint poses of the person out: positions and orientations for teleoperation."""


def __getattr__(name: str) -> str:
    """Look the version up when asked for: the look-up costs more than importing this package."""
    if name == "__version__":
        from importlib.metadata import version

        return version("frankmocap_ros")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
