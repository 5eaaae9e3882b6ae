"""A user's own indicator panel: read, build, compare."""
