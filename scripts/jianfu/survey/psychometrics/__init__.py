"""Quality of reflective scales: reliability, factor structure, agreement and measurement invariance."""
