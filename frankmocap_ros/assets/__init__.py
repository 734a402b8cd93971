"""FrankMocap's files: locations, checks and safe conversion."""

__all__ = [
    "body_model_pickle",
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
    "user_models",
]
