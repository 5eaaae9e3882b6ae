"""From raw exports to canonical tables, quarantine and counts."""
