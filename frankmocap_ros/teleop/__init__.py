"""From a person to a robot: when commands may flow, how far they may go, and what they mean for a robot."""
