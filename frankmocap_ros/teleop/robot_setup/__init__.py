"""A map for a robot that nobody prepared: its limbs found by structure and names."""
