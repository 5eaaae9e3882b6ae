"""Uncertainty of the index inside the estimate: the whole pipeline in a cluster bootstrap, and errors in variables."""
