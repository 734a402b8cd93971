"""The browser view as a node."""

__all__ = ["image_input", "record_client", "remote_parameters", "view_inputs", "view_node"]
