"""The gate node."""
