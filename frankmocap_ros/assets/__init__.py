"""FrankMocap's files: locations, checks and safe conversion."""

__all__ = [
    "checkpoint",
    "child",
    "conversion",
    "entries",
    "layout",
    "model_download",
    "model_files",
    "numpy_files",
    "pickled",
    "report",
    "schema",
    "sharing",
    "store",
    "unpickle",
]
