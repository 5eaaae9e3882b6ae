"""From indicators to burden indices and exposures, with frozen anchors."""
