"""A moving human with known truth, and how cameras see it."""
