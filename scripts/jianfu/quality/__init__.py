"""The data-quality report: what became of every raw row, where the gaps are, and what to do about it."""
