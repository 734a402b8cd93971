"""How good poses are: recordings of people beside the truth, and beside each other. Pure functions."""
