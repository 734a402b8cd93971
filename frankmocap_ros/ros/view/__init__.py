"""The browser view as a node."""

__all__ = ["remote_parameters", "view_inputs", "view_node"]
