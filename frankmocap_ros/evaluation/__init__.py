"""How good poses are: recordings of people beside the truth, and beside each other. Pure functions."""

__all__ = [
    "accuracy",
    "accuracy_table",
    "alignment",
    "body_messages",
    "comparison",
    "joint_checks",
    "json_lines",
    "lag",
    "marker_names",
    "motion",
    "plots",
    "position_errors",
    "recording",
    "resampling",
    "truth_files",
]
