"""Every setting of every node, declared once."""
