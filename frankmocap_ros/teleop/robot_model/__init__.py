"""A robot's model, from any maker's URDF, xacro or MJCF: joints, couplings, parts."""
