"""People as joints: the skeleton, poses, forward kinematics, and what follows from them."""
