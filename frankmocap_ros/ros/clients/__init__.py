"""Nodes that listen: for the demo, the bench and the tests."""
