"""Statistics that estimators share, on plain arrays and frames: no knowledge of provinces, settings or files."""
