"""A robot's model: read, made fit for MuJoCo, and looked at as joints that are commanded and joints that are not."""
