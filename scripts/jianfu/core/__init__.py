"""What every room stands on: errors, logs, labels, calendar, frames, names, provenance. Knows nothing of burden."""
