"""FrankMocap's networks and body models, written from their published keys, shapes and formulas."""
