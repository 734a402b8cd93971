"""How fast everything is, beside a reference in the same run."""
