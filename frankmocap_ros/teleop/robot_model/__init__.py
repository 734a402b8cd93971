"""Robot models from URDF, xacro or MJCF: joints, couplings and parts."""

__all__ = ["additions", "equalities", "loader", "mjcf", "mjcf_includes", "resources", "urdf", "xml_source"]
