"""The files that FrankMocap needs: where they are, whether they are whole, and their safe conversion."""
