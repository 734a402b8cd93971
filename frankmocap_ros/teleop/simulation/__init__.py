"""A simulated robot with a controller of its own."""
