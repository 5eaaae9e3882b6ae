"""What the start program offers: load the settings of a command, draft a province."""
