"""Robot models from URDF, xacro or MJCF: joints, couplings and parts."""

__all__ = [
    "additions",
    "equalities",
    "loader",
    "mjcf",
    "mjcf_includes",
    "model_source",
    "resources",
    "scene",
    "stated_speeds",
    "urdf",
    "xml_source",
]
