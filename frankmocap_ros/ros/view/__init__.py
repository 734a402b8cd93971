"""The browser view as a node."""
