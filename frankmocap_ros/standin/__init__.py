"""Random weights and body models in the formats that users of FrankMocap have."""
