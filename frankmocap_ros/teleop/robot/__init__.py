"""A robot's model: read from any maker's file, and its joints told apart: commanded ones, and all others."""
