"""From canonical tables to indicators by unit and month."""
