"""Figures, drawn from released tables only; one module per figure with a function ``draw``."""
