"""What drives a robot: its map, inverse kinematics, alignment, and the control of its joints."""
